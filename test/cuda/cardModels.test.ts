import { type DeviceChoice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { findModel, type Model, type ModelName, models, withGraphs } from '@agentmmrec/models';
import { describe, expect, test } from '@jest/globals';
import { type TrainedBits, trainedBits } from './support/recordedRuns.js';

const { counters } = loadEmulatedAddon();
const one = openDevice('cuda-emulated');

/** A training on several cards leaves the bits of one card, and no card reads or writes what another is not done with. */
async function expectOneCardsBits(name: ModelName, choice: DeviceChoice, run: TrainedBits): Promise<void> {
  const expected = await trainedBits(name, one, run);
  const before = counters();
  const found = await trainedBits(name, openDevice(choice), run);
  expect(found.result.history).toEqual(expected.result.history);
  expect(found.result.validation).toEqual(expected.result.validation);
  expect(found.bits).toEqual(expected.bits);
  expect(counters().bytesBetweenCards).toBeGreaterThan(before.bytesBetweenCards);
  expect(counters().racesBetweenCards - before.racesBetweenCards).toBe(0);
}

const TWO = 'cuda-emulated:0,1';
const FOUR = 'cuda-emulated:0,1,2,3';
const shares = ({ options, sharesColumns = true }: Model) => sharesColumns && 'dimensions' in options;
const names = (Object.keys(models) as ModelName[]).sort();

describe('an epoch on two cards has the bits of one card', () => {
  test.each(names.filter((name) => shares(findModel(name))))('%s', async (name) => {
    await expectOneCardsBits(name, TWO, { epochs: 1, model: { dimensions: 32 } });
  });

  test('lightgcn with the graphs of the knowledge on top', async () => {
    const definition = withGraphs(findModel('lightgcn'));
    await expectOneCardsBits('lightgcn', TWO, { epochs: 1, model: { dimensions: 32 }, definition });
  });
});

describe('agentmmrec', () => {
  const small = { dimensions: 64, hidden: 64, k: 3 };
  test.each<[DeviceChoice, Readonly<Record<string, unknown>>]>([
    [TWO, {}],
    [FOUR, {}],
    [FOUR, { modalities: 'blocks', infonce: 0.1, alignment: 0.1, blockNormalize: true, hidden: 48 }],
    [TWO, { loss: 'softmax', linearWeight: 5, linearRank: 20, coPurchases: 3, graphWeights: 'learned' }],
    [TWO, { preset: 'paper' }],
    [TWO, { edgeDropout: 0.2, coPurchasers: 3, coldItems: 'content', orientation: 'symmetric' }],
  ])('on %s with %j', async (choice, options) => {
    await expectOneCardsBits('agentmmrec', choice, { epochs: 1, model: { ...small, ...options } });
  });
});

test('models that gain nothing are refused before anything is built', () => {
  expect(names.filter((name) => !shares(findModel(name)))).toEqual(['ease', 'ials', 'itemknn', 'popularity', 'slim']);
});
