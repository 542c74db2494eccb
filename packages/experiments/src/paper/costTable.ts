/** Table 9: calls of building and refining. */
const table: Readonly<Record<string, { readonly building: number; readonly refining: number }>> = {
  baby: { building: 79_485, refining: 7050 },
  sports: { building: 161_865, refining: 18_357 },
  clothing: { building: 187_260, refining: 23_033 },
};

/** The paper's counts for a data set of it, or null. */
export function costRows(data: string | null): { readonly building: number; readonly refining: number } | null {
  return data === null ? null : (table[data] ?? null);
}
