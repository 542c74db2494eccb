import { AmrError } from '@agentmmrec/core';

/**
 * Further fields of requests, from `key=value,key=value` or one JSON object. Values are JSON where they can be, texts else; commas inside
 * brackets and quotes do not part them.
 * @throws AmrError input for a pair without `=`
 */
export function readLlmOption(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null || text.trim() === '') return {};
  if (text.trim().startsWith('{')) {
    const whole = jsonOf(text);
    if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) return whole as Record<string, unknown>;
    throw wrong(text);
  }
  return Object.fromEntries(
    (text.match(/(?:[^,"[{]|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\})+/g) ?? []).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw wrong(pair);
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
    got: `"${got}"`,
    expected: 'key=value, several parted by commas, or one JSON object',
    hint: 'for example --llm-option repeat_penalty=1.1,num_gpu=1',
  });
}
