import type { RandomStream } from '@agentmmrec/core';

/** When a run is killed, counted in its finished calls, so that no machine is too fast or too slow for it. */
export interface KillMoment {
  /** finished calls after which the kill is sent */
  readonly place: number;
  /** calls answered at most before it comes; further ones stay in flight, so that a late kill never finds the run ended */
  readonly answered: number;
}

/**
 * Draws moment number `moment` (0 the first) of `moments` from its equal share of a run's `calls` calls.
 * @param finished different calls that earlier starts have finished
 */
export function killMoment(
  random: RandomStream,
  { calls, moments, moment, finished }: { calls: number; moments: number; moment: number; finished: number },
): KillMoment {
  // One call is left for each moment to come, and one for the run that ends.
  const last = calls - (moments - moment);
  const drawn = Math.floor(((moment + random.uniform()) * calls) / moments);
  const place = Math.min(Math.max(finished + 1, drawn), last);
  // So few after it that a late kill costs no later moment its share.
  const answered = Math.min(place + Math.floor(calls / moments) - 1, last);
  return { place, answered };
}
