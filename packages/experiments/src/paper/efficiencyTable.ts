/** Table 8: seconds an epoch and gigabytes on a GPU that the paper does not name. */
const table: Readonly<Record<string, Readonly<Record<string, readonly [seconds: number, gigabytes: number]>>>> = {
  baby: {
    LGMRec: [5.93, 2.41],
    SMORE: [6.55, 3.31],
    MENTOR: [7.03, 7.12],
    COHESION: [4.47, 2.89],
    HPMRec: [21.03, 8.58],
    AgentMMRec: [6.04, 3.07],
  },
  sports: {
    LGMRec: [8.98, 3.67],
    SMORE: [9.29, 5.02],
    MENTOR: [9.62, 8.44],
    COHESION: [7.91, 4.2],
    HPMRec: [30.85, 10.19],
    AgentMMRec: [9.13, 4.48],
  },
  clothing: {
    LGMRec: [10.02, 4.81],
    SMORE: [11.05, 6.89],
    MENTOR: [11.9, 12.99],
    COHESION: [9.05, 5.73],
    HPMRec: [40.23, 14.95],
    AgentMMRec: [10.65, 5.72],
  },
};

/** The paper's table for a data set of it. */
export function efficiencyRows(data: string | null) {
  const rows = data === null ? undefined : table[data];
  if (!rows) return [];
  return [
    {
      heading: 'The paper, Table 8, on a GPU it does not name',
      columns: ['model', 's/epoch', 'GB'],
      rows: Object.entries(rows).map(([name, [seconds, gigabytes]]) => [
        name,
        seconds.toFixed(2),
        gigabytes.toFixed(2),
      ]),
    },
  ];
}
