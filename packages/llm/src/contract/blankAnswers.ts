/** Blanks, plain or escaped, at the end of a text that says no more. */
const TRAILING_BLANKS = /(?:\s|\\[nrt]){100,}$/;

/** Whether an answer ran into its limit writing blanks: under some grammars models do, and never end. */
export function endsInBlanks(text: string, finish: 'stop' | 'length'): boolean {
  const blanks = finish === 'length' ? TRAILING_BLANKS.exec(text) : null;
  return blanks !== null && !text.slice(0, blanks.index).trimEnd().endsWith('}');
}
