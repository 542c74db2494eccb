import { textTable } from '@agentmmrec/core';

/** Whether no line of a text is longer than a terminal is wide. */
export function fits(text: string, columns: number): boolean {
  return text.split('\n').every((line) => line.length < columns);
}

/**
 * A table as `textTable` makes it, without those columns for which the terminal has no room.
 * @param spare headings of columns that may be left out, the first of them first
 * @param words headings of columns that hold words
 */
export function fittingTable(
  rows: readonly (readonly string[])[],
  { columns, spare, words }: { columns: number; spare: readonly string[]; words: readonly string[] },
): { readonly table: string; readonly leftOut: readonly string[] } {
  const [heads] = rows;
  for (let count = 0; ; count++) {
    const leftOut = spare.slice(0, count);
    const kept = [...heads.keys()].filter((at) => !leftOut.includes(heads[at]));
    const table = textTable(
      rows.map((row) => kept.map((at) => row[at])),
      kept.flatMap((at, place) => (words.includes(heads[at]) ? [place] : [])),
    );
    if (count === spare.length || fits(table, columns)) return { table, leftOut };
  }
}
