/** Shorter secrets would stand in ordinary words. */
const SHORTEST = 6;

/**
 * Takes secrets out of texts in every spelling that a server may repeat them in: as they are, escaped as in JSON (once or more
 * often), in URLs, in HTML, as hexadecimal bytes, and inside base64.
 * @returns the text with each replaced by `[key]`
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const patterns = secrets.filter((secret) => secret.length >= SHORTEST).map(spellings);
  return (text) => patterns.reduce((clean, pattern) => clean.replace(pattern, '[key]'), text);
}

/** Redacts every text of a decoded JSON value, names of fields included. */
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((one) => redactDeep(one, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [redact(name), redactDeep(one, redact)]));
}

function spellings(secret: string): RegExp {
  const letters = [...secret].map((character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16).padStart(2, '0');
    const forms = [
      `\\\\*${escaped(character)}`,
      `\\\\+u00${hex}`,
      `\\\\+x${hex}`,
      `%(?:25)*${hex}`,
      `&#(?:0*${code}|x0*${hex});`,
    ];
    return `(?:${forms.join('|')})`;
  });
  const bytes = [...Buffer.from(secret)].map((byte) => byte.toString(16).padStart(2, '0')).join('[\\s:-]?');
  return new RegExp([letters.join(''), bytes, ...base64Cores(secret).map(escaped)].join('|'), 'gi');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** What a secret looks like inside base64, at each of the three places it may begin at; the ends mix with what stands beside it. */
function base64Cores(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.from(`${'\0'.repeat(before)}${secret}`).toString('base64');
    const core = text
      .slice(before === 0 ? 0 : before + 1)
      .replace(/.{0,2}=*$/, '')
      .slice(0, -1);
    return core.length >= SHORTEST ? [core, core.replaceAll('+', '-').replaceAll('/', '_')] : [];
  });
}
