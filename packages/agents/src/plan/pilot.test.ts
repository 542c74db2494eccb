import { promptCatalog } from '@agentmmrec/llm';
import { describe, expect, test } from '@jest/globals';
import { Sample, weightedSum } from '../calls/estimate.js';
import { pictureLimit } from '../llm/question.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { agreementOf } from './agreement.js';
import { contentCounts } from './callCounts.js';
import { runPilot } from './pilot.js';
import { measuredPlan } from './pilotCost.js';
import { planKnowledge } from './plan.js';

const training = tinyShop(
  [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 5],
    [0, 5],
  ],
  6,
);

/** Says how many tokens its calls took, the more the later they are. */
class CountingReasoner extends ScriptedReasoner {
  spent() {
    const requests = this.calls.length;
    return { requests, inputTokens: 100 * requests, outputTokens: requests * requests, money: null };
  }
}

describe('estimates', () => {
  test('of a mean have the interval of Student’s t', () => {
    const sample = new Sample();
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) sample.add(value);
    // 5 and 2.1381 / sqrt(8) times 2.3646, the 97.5 % point at 7 degrees of freedom.
    const { mean, low, high } = sample.estimate();
    expect(mean).toBe(5);
    expect(high - mean).toBeCloseTo(2.3646 * 0.75593, 2);
    expect(mean - low).toBeCloseTo(high - mean, 9);
  });

  test('of a sum add variances, not intervals; one number alone has none', () => {
    const [a, b, one] = [new Sample(), new Sample(), new Sample()];
    for (let n = 0; n < 200; n++) {
      a.add(n % 2);
      b.add(2 * (n % 2));
    }
    one.add(3);
    const sum = weightedSum([
      [10, a],
      [10, b],
      [0, one],
    ]);
    expect(sum.mean).toBe(15);
    const deviation = Math.sqrt(100 * a.variance + 100 * b.variance);
    expect(sum.high - sum.mean).toBeCloseTo(1.972 * deviation, 2);
    expect(one.estimate()).toEqual({ mean: 3, low: 0, high: Number.POSITIVE_INFINITY });
  });
});

test('answers agree by words, by names, or by the order of the same names', () => {
  expect(agreementOf('Blue mugs for camping', 'blue mugs, for camping!')).toBe(1);
  expect(agreementOf('blue mugs', 'blue socks')).toBeCloseTo(1 / 3, 9);
  expect(agreementOf([1, 2, 3, 4], [1, 2, 3, 4])).toBe(1);
  expect(agreementOf([1, 2, 3, 4], [4, 3, 2, 1])).toBe(0);
  expect(agreementOf([1, 2, 3], [2, 1, 3])).toBeCloseTo(2 / 3, 9);
  expect(agreementOf([1, 2], [2, 3])).toBeCloseTo(1 / 3, 9);
  expect(agreementOf({ text: 'blue', visual: null }, { text: 'blue', visual: null })).toBe(1);
});

describe('a pilot', () => {
  const pilotOf = (reasoner: ScriptedReasoner) =>
    runPilot({ training, reasoner, knowledgeSeed: 1, calls: 4, kItems: 2, rerankDepth: 4 });

  test('makes so many calls of each of the nine tasks, every question twice with another seed', async () => {
    const reasoner = new CountingReasoner();
    const { tasks } = await pilotOf(reasoner);
    expect(tasks.map(({ task }) => task).toSorted()).toEqual(
      [
        ...['preference', 'property'].flatMap((kind) =>
          ['text', 'visual', 'multimodal'].map((task) => `${kind}-${task}`),
        ),
        'refine-graph',
        'rerank',
        'update-preference',
      ].toSorted(),
    );
    // Half of the drawn items may have no picture: fewer questions then.
    for (const { task, calls } of tasks) if (!/property-(visual|multi)/.test(task)) expect(calls).toBe(4);
    expect(reasoner.calls).toHaveLength(tasks.reduce((sum, { calls }) => sum + calls, 0));
    const asked = reasoner.calls.filter((call) => call.startsWith('property-text'));
    expect([new Set(asked).size, asked.length]).toEqual([2, 4]);
    // The scripted texts hold the seed, the orders do not.
    const of = (task: string) => tasks.find((one) => one.task === task)?.agreement?.mean ?? Number.NaN;
    expect(of('property-text')).toBeLessThan(1);
    expect(of('rerank')).toBe(1);
  });

  test('tells what calls took, and what the whole job takes at that', async () => {
    const pilot = await pilotOf(new CountingReasoner());
    const inputTokens = pilot.tasks.map((one) => one.inputTokens.mean);
    expect(new Set(inputTokens)).toEqual(new Set([100]));
    const prompts = promptCatalog();
    const counts = contentCounts(training, { knowledgeSeed: 1, pictures: pictureLimit(prompts) });
    const plan = planKnowledge({ counts, prompts, kItems: 2, rerankDepth: 4 });
    const measured = measuredPlan(plan, pilot, { inputPrice: 1e6, outputPrice: 0 });
    expect(measured.total.calls).toBe(plan.total.calls);
    expect(measured.total.inputTokens).toEqual({
      mean: 100 * plan.total.calls,
      low: 100 * plan.total.calls,
      high: 100 * plan.total.calls,
    });
    expect(measured.total.money?.mean).toBeCloseTo(100 * plan.total.calls, 6);
    // Output differs from call to call, so it has an interval.
    const { mean, low, high } = measured.building.outputTokens;
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(measured.unmeasured).toEqual([]);
  });

  test('of a model that sees no pictures leaves their tasks out and says so', async () => {
    const pilot = await pilotOf(new CountingReasoner('words', false));
    expect(pilot.tasks.some(({ task }) => /visual|multimodal/.test(task))).toBe(false);
    const prompts = promptCatalog();
    const counts = contentCounts(training, { knowledgeSeed: 1, pictures: pictureLimit(prompts) });
    const { unmeasured } = measuredPlan(planKnowledge({ counts, prompts, kItems: 2, rerankDepth: 4 }), pilot, null);
    expect(unmeasured).toContain('property-visual');
  });
});
