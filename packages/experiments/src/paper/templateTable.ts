/** Table 10: Recall@20 over five rewrites of the templates by a language model; what it calls variance can only be a standard deviation. */
const table: Readonly<Record<string, Readonly<Record<string, readonly [mean: number, spread: number | null]>>>> = {
  baby: {
    original: [0.1079, null],
    'GPT-5': [0.1082, 0.0012],
    'Claude Sonnet 4.5': [0.1077, 0.0008],
    'Gemini 2.5 Pro': [0.108, 0.0013],
  },
  sports: {
    original: [0.1231, null],
    'GPT-5': [0.1228, 0.0015],
    'Claude Sonnet 4.5': [0.123, 0.0008],
    'Gemini 2.5 Pro': [0.1228, 0.0011],
  },
  clothing: {
    original: [0.1071, null],
    'GPT-5': [0.107, 0.001],
    'Claude Sonnet 4.5': [0.1074, 0.0012],
    'Gemini 2.5 Pro': [0.1068, 0.0006],
  },
};

/** The paper's table for a data set of it. */
export function templateRows(data: string | null) {
  const rows = data === null ? undefined : table[data];
  if (!rows) return [];
  return [
    {
      heading: 'The paper, Table 10: Recall@20',
      columns: ['templates by', 'mean', 'spread'],
      rows: Object.entries(rows).map(([name, [mean, spread]]) => [
        name,
        mean.toFixed(4),
        spread === null ? '' : spread.toFixed(4),
      ]),
    },
  ];
}
