import { RandomStreams } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { drawsOf, gridOf } from './ranges.js';
import {
  bestOf,
  chosenOf,
  firstRung,
  nextRung,
  type SearchSetting,
  searchSize,
  type Trial,
  withOwnOptions,
} from './search.js';

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
    const halving = setting('halving');
    const second = nextRung(
      space,
      halving,
      first,
      results(first, (n) => n / 100),
    );
    expect(second?.epochs).toBe(30);
    expect(second?.candidates).toEqual([8, 7, 6].map((n) => first.candidates[n]));
    const third =
      second &&
      nextRung(
        space,
        halving,
        second,
        results(second, (n) => -n),
      );
    expect(third).toEqual({ candidates: [first.candidates[8]], epochs: 90 });
    expect(
      third &&
        nextRung(
          space,
          halving,
          third,
          results(third, () => 1),
        ),
    ).toBeNull();
    expect(searchSize(space, setting('halving'))).toEqual({ runs: 13, epochs: 270 });
  });

  test('a candidate that failed neither goes on nor is chosen; of equals the earlier one', () => {
    const rung = firstRung(space, setting('halving', 3));
    const some = results(rung, (n) => (n === 0 ? null : 0.5));
    expect(bestOf(some)).toEqual(rung.candidates[1]);
    expect(nextRung(space, setting('halving', 3), rung, some)?.candidates).toEqual([rung.candidates[1]]);
    const none = results(rung, () => null);
    expect(bestOf(none)).toBeNull();
    expect(nextRung(space, setting('halving', 3), rung, none)).toBeNull();
  });

  test('grids and random draws have one rung with all epochs', () => {
    for (const method of ['grid', 'random'] as const) {
      const rung = firstRung(space, setting(method));
      expect(rung.epochs).toBe(90);
      expect(
        nextRung(
          space,
          setting(method),
          rung,
          results(rung, () => 1),
        ),
      ).toBeNull();
    }
    expect(searchSize(space, setting('random', 7))).toEqual({ runs: 7, epochs: 630 });
  });

  test('one option after the other, each with the best so far: a default that nothing beats stays', () => {
    const three = { layers: { values: [1, 2] }, l2: { values: [0.1, 1] }, loss: { values: ['softmax'] } };
    const one = setting('one-by-one');
    const value = (options: Trial['options']): number | null => {
      if (options.loss === 'softmax') return null;
      return (options.layers === 2 ? 0.5 : 0.4) - Number(options.l2 ?? 0) / 10;
    };
    const trials: Trial[] = [];
    let rung = firstRung(three, one);
    const tried: Trial['options'][][] = [];
    for (let next: typeof rung | null = rung; next; next = nextRung(three, one, rung, trials)) {
      rung = next;
      tried.push([...rung.candidates]);
      trials.push(...rung.candidates.map((options) => ({ options, epochs: 90, validRecall20: value(options) })));
    }
    expect(tried).toEqual([
      [{ layers: 1 }, { layers: 2 }],
      [
        { layers: 2, l2: 0.1 },
        { layers: 2, l2: 1 },
      ],
      [{ layers: 2, loss: 'softmax' }],
    ]);
    expect(chosenOf(one, rung, trials)).toEqual({ layers: 2 });
    expect(searchSize(three, one)).toEqual({ runs: 5, epochs: 450 });
  });

  test('the options that a row has anyway are a further candidate, compared with what was chosen at the end', () => {
    const candidate = { l2: 1e-2 };
    const trials: Trial[] = [
      { options: candidate, epochs: 30, validRecall20: 0.5 },
      { options: candidate, epochs: 90, validRecall20: 0.2 },
    ];
    const searched = { chosen: candidate, trials };
    const own = (valid: number | null) => withOwnOptions(searched, 90, valid);
    expect([own(0.3).chosen, own(0.2).chosen, own(0.1).chosen, own(null).chosen]).toEqual([
      {},
      {},
      candidate,
      candidate,
    ]);
    expect(own(0.3).trials).toEqual([{ options: {}, epochs: 90, validRecall20: 0.3 }, ...trials]);
    const open = { chosen: {}, trials: [{ options: candidate, epochs: 90, validRecall20: null }] };
    expect(withOwnOptions(open, 90, 0.3)).toEqual(open);
  });
});
