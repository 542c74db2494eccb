import { AmrError, type ErrorFacts, nearestName } from '@agentmmrec/core';

/** An error about something that is asked for and not there. */
export class NotThere extends AmrError {
  constructor(facts: Omit<ErrorFacts, 'kind'>) {
    super(facts);
    this.name = 'NotThere';
  }
}

/** The refusal of a name that is not among those known, with the nearest one. */
export function notThere(what: string, name: string, known: readonly string[], otherwise: string): NotThere {
  const near = nearestName(name.slice(0, 100), known.slice(0, 5000));
  const some = known.slice(0, 3).join(', ');
  return new NotThere({
    what,
    got: JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name),
    expected: known.length === 0 ? 'one that is there; there is none yet' : `one of ${known.length}, such as ${some}`,
    hint: near ? `did you mean "${near}"?` : otherwise,
  });
}
