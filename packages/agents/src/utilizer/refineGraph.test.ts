import { AmrError, matrix, RandomStreams } from '@agentmmrec/core';
import { nearestCoPurchases } from '@agentmmrec/graphs';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { refinedItem } from './refinedItem.js';
import { candidateLists, candidatesOf, fusedOrder, refineGraph } from './refineGraph.js';

const items = 24;
const training = tinyShop(
  Array.from({ length: 6 }, (_, user) => [0, 1, 2, 3].map((n) => (user * 4 + n) % items)),
  items,
);
const device = openDevice('cpu', { threads: 1 });
const random = new RandomStreams(8);
const feature = (modality: string) => {
  const stream = random.stream(modality);
  return {
    modality,
    synthetic: false,
    matrix: matrix(
      items,
      6,
      Float32Array.from({ length: items * 6 }, () => stream.normal()),
    ),
  };
};
const features = [feature('text'), feature('image')];

async function built(reasoner: ScriptedReasoner) {
  const memory = openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });
  await buildKnowledge({ training, reasoner, memory, knowledgeSeed: 1 });
  reasoner.calls.length = 0;
  return memory;
}

describe('candidates', () => {
  test('are the k nearest of each modality, the item left out, with the weighted sum of the cosines', () => {
    const lists = candidateLists({ features, device, training, kItems: 3 });
    const [text, image] = features.map(({ matrix: all }) => (a: number, b: number) => {
      const rows = [a, b].map((row) => [...all.data.subarray(row * 6, row * 6 + 6)]);
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, n) => sum + value * y[n], 0);
      return dot(rows[0], rows[1]) / Math.sqrt(dot(rows[0], rows[0]) * dot(rows[1], rows[1]));
    });
    lists.forEach((offered, item) => {
      const others = Array.from({ length: items }, (_, other) => other).filter((other) => other !== item);
      const [byText, byImage] = [text, image].map((cosine) =>
        others.toSorted((a, b) => cosine(item, b) - cosine(item, a)).slice(0, 3),
      );
      const best = [...byText, ...byImage];
      expect(offered.map((candidate) => candidate.item)).toEqual([...new Set(best)].sort((a, b) => a - b));
      for (const candidate of offered) {
        const expected = 0.1 * image(item, candidate.item) + 0.9 * text(item, candidate.item);
        expect(candidate.fusedSimilarity).toBeCloseTo(expected, 5);
        const lists = [byText, byImage].map((list) => list.includes(candidate.item));
        expect(candidate.near).toEqual(['text', 'image'].filter((_, m) => lists[m]));
      }
    });
  });

  test('of one item are those that all have', () => {
    for (const some of [features, [features[0]]]) {
      const lists = candidateLists({ features: some, device, training, kItems: 3 });
      lists.forEach((offered, item) => {
        expect(candidatesOf(item, { features: some, device, training, kItems: 3 })).toEqual(offered);
      });
    }
  });

  test('what is bought together with the item is added where it is asked for, the rest stays', () => {
    const call = { features, device, training, kItems: 3 };
    const nearest = nearestCoPurchases(training.train, 2);
    const more = candidateLists({ ...call, coPurchaseCandidates: 2 });
    let added = 0;
    candidateLists(call).forEach((offered, item) => {
      const all = new Set([...offered.map((one) => one.item), ...nearest(item)]);
      expect(more[item].map((one) => one.item)).toEqual([...all].sort((a, b) => a - b));
      expect(candidatesOf(item, { ...call, coPurchaseCandidates: 2 })).toEqual(more[item]);
      const bought = more[item].filter(({ near }) => near.includes('purchases')).map((one) => one.item);
      expect(bought).toEqual([...nearest(item)].sort((a, b) => a - b));
      added += more[item].length - offered.length;
    });
    expect(added).toBeGreaterThan(0);
  });

  test('of one modality alone are 2k, so that there is a choice', () => {
    const lists = candidateLists({ features: [features[0]], device, training, kItems: 3 });
    expect(lists.every((offered) => offered.length === 6)).toBe(true);
    expect(() => candidateLists({ features: [], device, training, kItems: 3 })).toThrow(/got no item features/);
  });
});

describe('the refined graph', () => {
  test('holds what the reasoner chose, filled by fused similarity, with repairs and changes counted', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    reasoner.refineAnswer = ({ candidates }) => [candidates[candidates.length - 1].item, 999];
    const refined = await refineGraph({ training, reasoner, memory, features, device, knowledgeSeed: 1, kItems: 3 });
    const offered = candidateLists({ features, device, training, kItems: 3 });
    for (let item = 0; item < items; item++) {
      const chosen = offered[item][offered[item].length - 1].item;
      const filled = fusedOrder(offered[item]).filter((other) => other !== chosen);
      expect([...refined.graph.indices.subarray(item * 3, item * 3 + 3)]).toEqual([chosen, filled[0], filled[1]]);
    }
    expect(refined.repairs).toEqual({ unknownId: items, filled: 2 * items });
    expect([refined.asked, refined.reused]).toEqual([items, 0]);
    expect(refined.changedShare).toBeGreaterThan(0);
  });

  test('stopped midway goes on without repeating an answer, and ends as if it had not been', async () => {
    const reference = new ScriptedReasoner();
    const whole = await refineGraph({
      training,
      reasoner: reference,
      memory: await built(reference),
      features,
      device,
      knowledgeSeed: 1,
      kItems: 3,
    });
    const reasoner = new ScriptedReasoner('scripted', true, true, 4);
    const memory = await built(reasoner);
    const stop = new AbortController();
    let started = 0;
    reasoner.before = () => {
      if (++started === 9) stop.abort();
    };
    const call = { training, reasoner, memory, features, device, knowledgeSeed: 1, kItems: 3 };
    await expect(refineGraph({ ...call, signal: stop.signal })).rejects.toMatchObject({ kind: 'interrupted' });
    const asked = reasoner.calls.length;
    expect(asked).toBeLessThan(items);
    const resumed = await refineGraph(call);
    expect(resumed.graph).toEqual(whole.graph);
    expect([resumed.asked, resumed.reused]).toEqual([items - asked, asked]);
    expect(new Set(reasoner.calls).size).toBe(reasoner.calls.length);
  });

  test('lists an item whose call failed, fills its row by fused similarity, and asks for it alone the next time', async () => {
    const reasoner = new ScriptedReasoner();
    const memory = await built(reasoner);
    const call = { training, reasoner, memory, features, device, knowledgeSeed: 1, kItems: 3 };
    reasoner.refineAnswer = ({ candidates }) => [candidates[0].item];
    reasoner.before = (one) => {
      if (one !== 'refine 5') return;
      throw new AmrError({ what: 'refine', got: 'a crash', expected: 'an answer', hint: 'none', kind: 'failed' });
    };
    const refined = await refineGraph(call);
    expect(refined.failures).toEqual([{ item: 5, reason: expect.stringContaining('a crash') }]);
    expect([refined.asked, refined.reused]).toEqual([items - 1, 0]);
    const fused = fusedOrder(candidateLists(call)[5]).slice(0, 3);
    expect([...refined.graph.indices.subarray(15, 18)]).toEqual(fused);
    reasoner.before = () => {};
    reasoner.calls.length = 0;
    const again = await refineGraph(call);
    expect([again.failures, reasoner.calls]).toEqual([[], ['refine 5']]);
  });
});

test('what a refinement made of one item is found in the memory without asking anybody, and a reader refines without writing', async () => {
  const reasoner = new ScriptedReasoner();
  reasoner.refineAnswer = ({ candidates, k }) => candidates.slice(-k).map(({ item }) => item);
  const memory = await built(reasoner);
  const shared = { features, device, training, kItems: 3, memory };
  expect(refinedItem(5, shared)).toMatchObject({ chosen: null, repairs: {} });
  const { graph } = await refineGraph({ ...shared, reasoner, knowledgeSeed: 1 });
  reasoner.calls.length = 0;
  for (let item = 0; item < items; item++) {
    const { chosen, fused, candidates } = refinedItem(item, shared);
    expect(chosen).toEqual([...graph.indices.subarray(item * 3, item * 3 + 3)]);
    expect(fused).toEqual(fusedOrder(candidates).slice(0, 3));
  }
  expect(reasoner.calls).toEqual([]);
  const sequences = memory.sequence();
  const reading = { ...memory, writable: false, journal: memory.journal } as typeof memory;
  const unwritten = await refineGraph({
    ...shared,
    memory: Object.assign(Object.create(memory), reading),
    reasoner,
    knowledgeSeed: 2,
  });
  expect(unwritten.asked).toBe(items);
  expect([...memory.journal.withPrefix('refine|')]).toHaveLength(items);
  expect(memory.sequence()).toBe(sequences);
});
