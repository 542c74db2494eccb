import { AmrError } from '@agentmmrec/core';

/**
 * Further fields of requests, from `key=value,key=value` or one JSON object. Values are JSON where they can be, texts else; commas inside
 * brackets and quotes do not part them.
 * @throws AmrError input for a pair without `=`, and for a key: options are kept with what was asked
 */
export function readLlmOption(text: string | null): Readonly<Record<string, unknown>> {
  const options = fieldsIn(text);
  const secret = secretName(options);
  if (secret === null) return options;
  throw new AmrError({
    what: '--llm-option',
    got: `${secret}, by its name a secret`,
    expected: 'options of the model: they are kept with what was asked',
    hint: 'put the key into the environment: export OPENAI_API_KEY=... before the command',
  });
}

const secretNames =
  /^(?:(?:x[-_])?api[-_]?key|(?:proxy[-_])?authorization|(?:access|auth|bearer)[-_]?token|token|secret|client[-_]secret|password)$/i;

/** The first name, however deep, that only a secret has; null where there is none. */
function secretName(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const found = secretNames.test(name) ? name : secretName(inner);
    if (found !== null) return found;
  }
  return null;
}

function fieldsIn(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null || text.trim() === '') return {};
  if (text.trim().startsWith('{')) {
    const whole = jsonOf(text);
    if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) return whole as Record<string, unknown>;
    throw wrong('a text that begins with { and is no JSON object');
  }
  return Object.fromEntries(
    (text.match(/(?:[^,"[{]|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\})+/g) ?? []).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw wrong(`"${pair}"`);
      const value = pair.slice(at + 1).trim();
      return [pair.slice(0, at).trim(), jsonOf(value) ?? value];
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(got: string): AmrError {
  return new AmrError({
    what: '--llm-option',
    got,
    expected: 'key=value, several parted by commas, or one JSON object',
    hint: 'for example --llm-option repeat_penalty=1.1,num_gpu=1',
  });
}
