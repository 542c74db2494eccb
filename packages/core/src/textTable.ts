/**
 * Columns aligned with two spaces between them: the first to the left, the others to the right.
 * @param words columns that hold words, by index: to the left too
 */
export function textTable(rows: readonly (readonly string[])[], words: readonly number[] = []): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const cell = (value: string, column: number): string =>
    column === 0 || words.includes(column) ? value.padEnd(widths[column]) : value.padStart(widths[column]);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
