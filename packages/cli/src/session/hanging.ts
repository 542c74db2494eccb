/** Narrower columns of words are harder to read than lines that a terminal breaks. */
const leastWidth = 24;

/** A text after a lead, broken at spaces, its further lines under its first; lines of its own stay. */
export function hanging(lead: string, text: string, columns: number): string {
  const width = Math.max(leastWidth, columns - 1 - lead.length);
  const lines = text.split('\n').flatMap((line) => broken(line, width));
  return lines.map((line, n) => `${n === 0 ? lead : ' '.repeat(lead.length)}${line}`).join('\n');
}

function broken(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    // A word that is longer than the line stands over its end.
    const at = space > 0 ? space : rest.indexOf(' ');
    if (at < 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, rest];
}
