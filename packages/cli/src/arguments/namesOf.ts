import { AmrError, nearestName, spelledName } from '@agentmmrec/core';

/** The names of a comma-separated list. @throws AmrError input with the nearest known name */
export function namesOf<T extends string>(list: string, known: readonly T[], what: string): T[] {
  const names = list.split(',').filter((name) => name !== '');
  return names.map((name) => {
    const found = spelledName(name.trim(), known);
    if (found !== undefined) return found;
    const near = nearestName(name, known);
    throw new AmrError({
      what,
      got: `"${name}"`,
      expected: `a list of ${known.join(', ')}`,
      hint: near ? `did you mean "${near}"?` : 'see --help',
    });
  });
}
