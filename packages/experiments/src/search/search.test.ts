import { RandomStreams } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { drawsOf, gridOf } from './ranges.js';
import { bestOf, firstRung, nextRung, type SearchSetting, searchSize, type Trial } from './search.js';

const space = { l2: { values: [1e-4, 1e-2] }, learningRate: { low: 1e-4, high: 1e-2, log: true } } as const;
const setting = (method: SearchSetting['method'], trials = 9): SearchSetting => ({
  method,
  trials,
  seed: 3,
  epochs: 90,
});

describe('ranges', () => {
  test('a grid takes every value, and three points of a range, even in its logarithm', () => {
    expect(gridOf(space)).toEqual([
      { l2: 1e-4, learningRate: 1e-4 },
      { l2: 1e-4, learningRate: 1e-3 },
      { l2: 1e-4, learningRate: 1e-2 },
      { l2: 1e-2, learningRate: 1e-4 },
      { l2: 1e-2, learningRate: 1e-3 },
      { l2: 1e-2, learningRate: 1e-2 },
    ]);
  });

  test('draws lie in the range, are different and the same for one seed', () => {
    const draw = (seed: number) => drawsOf(space, 20, new RandomStreams(seed).stream('search'));
    expect(new Set(draw(1).map((one) => JSON.stringify(one))).size).toBe(20);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const rates = draw(1).map(({ learningRate }) => Number(learningRate));
    for (const rate of rates) expect(rate >= 1e-4 && rate <= 1e-2).toBe(true);
    // Even in the logarithm: about half lie below the geometric mean.
    expect(rates.filter((rate) => rate < 1e-3).length).toBeGreaterThan(4);
    expect(rates.filter((rate) => rate > 1e-3).length).toBeGreaterThan(4);
    expect(drawsOf({ a: { values: [1, 2] } }, 20, new RandomStreams(1).stream('search'))).toHaveLength(2);
  });

  test('an impossible range is refused', () => {
    expect(() => gridOf({ a: { low: 0, high: 1, log: true } })).toThrow('0 < low <= high');
    expect(() => gridOf({ a: { low: 2, high: 1 } })).toThrow('low <= high');
  });
});

describe('search', () => {
  const results = (
    rung: { candidates: readonly Trial['options'][]; epochs: number },
    value: (n: number) => number | null,
  ): Trial[] => rung.candidates.map((options, n) => ({ options, epochs: rung.epochs, validRecall20: value(n) }));

  test('halving gives a third three times the epochs, until one has them all', () => {
    const first = firstRung(space, setting('halving'));
    expect([first.candidates.length, first.epochs]).toEqual([9, 10]);
    const second = nextRung(
      first,
      results(first, (n) => n / 100),
      setting('halving'),
    );
    expect(second?.epochs).toBe(30);
    expect(second?.candidates).toEqual([8, 7, 6].map((n) => first.candidates[n]));
    const third =
      second &&
      nextRung(
        second,
        results(second, (n) => -n),
        setting('halving'),
      );
    expect(third).toEqual({ candidates: [first.candidates[8]], epochs: 90 });
    expect(
      third &&
        nextRung(
          third,
          results(third, () => 1),
          setting('halving'),
        ),
    ).toBeNull();
    expect(searchSize(space, setting('halving'))).toEqual({ runs: 13, epochs: 270 });
  });

  test('a candidate that failed neither goes on nor is chosen; of equals the earlier one', () => {
    const rung = firstRung(space, setting('halving', 3));
    const some = results(rung, (n) => (n === 0 ? null : 0.5));
    expect(bestOf(some)).toEqual(rung.candidates[1]);
    expect(nextRung(rung, some, setting('halving', 3))?.candidates).toEqual([rung.candidates[1]]);
    const none = results(rung, () => null);
    expect(bestOf(none)).toBeNull();
    expect(nextRung(rung, none, setting('halving', 3))).toBeNull();
  });

  test('grids and random draws have one rung with all epochs', () => {
    for (const method of ['grid', 'random'] as const) {
      const rung = firstRung(space, setting(method));
      expect(rung.epochs).toBe(90);
      expect(
        nextRung(
          rung,
          results(rung, () => 1),
          setting(method),
        ),
      ).toBeNull();
    }
    expect(searchSize(space, setting('random', 7))).toEqual({ runs: 7, epochs: 630 });
  });
});
