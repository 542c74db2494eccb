const dangerous = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a name would reach the prototype of an object that takes it as a key. */
export function isDangerousName(name: string): boolean {
  return dangerous.has(name);
}

/**
 * Reads JSON that somebody else may have written.
 * @throws SyntaxError: no JSON, or a name that would reach an object's prototype
 */
export function parsePlainJson(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => {
    if (isDangerousName(name)) throw new SyntaxError(`the name ${JSON.stringify(name)}`);
    return value;
  });
}
