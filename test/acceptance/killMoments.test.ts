import { RandomStreams } from '@agentmmrec/core';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { killMoment } from './killMoments.js';

test('every moment has a place in or beside its share, and leaves the run something to do, however late each kill comes', () => {
  const runs = fc.record({ moments: fc.integer({ min: 1, max: 30 }), perMoment: fc.integer({ min: 2, max: 20 }) });
  fc.assert(
    fc.property(
      runs,
      fc.nat(),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (run, seed, lateness) => {
        const { moments } = run;
        const calls = moments * run.perMoment;
        const random = new RandomStreams(seed).stream('kills');
        let finished = 0;
        for (let moment = 0; moment < moments; moment++) {
          const { place, answered } = killMoment(random, { calls, moments, moment, finished });
          expect(place).toBeGreaterThan(finished);
          expect(answered).toBeGreaterThanOrEqual(place);
          expect(answered).toBeLessThan(calls);
          expect(Math.floor((place * moments) / calls)).toBeLessThanOrEqual(moment + 1);
          finished = place + Math.floor(lateness.next().value * (answered - place));
        }
      },
    ),
  );
});
