import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { type ModelName, models } from '@agentmmrec/models';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EPOCHS, trainedBits, WHOLE } from './support/recordedRuns.js';

const { counters } = loadEmulatedAddon();

/** Graphs that files before this one in the process left to the collector must not be counted as freed by a run here. */
beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let n = 0; n < 2; n++) {
    collect();
    await setImmediate(); // what frees them runs in a turn of its own
  }
});

/** A run, the graphs it launched and those it left. */
async function trained(name: ModelName, recordsWork: boolean) {
  const device = openDevice('cuda-emulated', { recordsWork });
  const before = counters();
  const run = await trainedBits(name, device);
  const after = counters();
  const of = (what: string) => after[what] - before[what];
  return { ...run, graphLaunches: of('graphLaunches'), graphsLeft: of('graphs') };
}

const DRAWS = 'random numbers of each step';
/** Why steps of a model are launched kernel by kernel. */
const OBSTACLES: Readonly<Partial<Record<ModelName, string>>> = {
  befa: DRAWS,
  bm3: DRAWS,
  lattice: 'what differs from step to step of an epoch',
  lgmrec: DRAWS,
  llmrec: 'values for the host',
  mentor: DRAWS,
  smore: DRAWS,
};
/** Models that learn in several passes or updates, or without steps. */
const WITHOUT: readonly ModelName[] = ['diffmm', 'ease', 'ials', 'itemknn', 'mmssl', 'popularity', 'slim'];

describe.each((Object.keys(models) as ModelName[]).sort())('%s', (name) => {
  test('trains to the same bits by recorded steps as launch by launch', async () => {
    const [recorded, plain] = [await trained(name, true), await trained(name, false)];
    expect(recorded.result.history).toEqual(plain.result.history);
    expect(recorded.bits).toEqual(plain.bits);
    expect(plain.graphLaunches).toBe(0);
    expect(recorded.graphsLeft).toBe(0);
    const obstacle = OBSTACLES[name];
    // of an epoch's three steps the first whole batch is launched and the rest of a batch too, what is between them are graphs
    expect(recorded.graphLaunches).toBe(obstacle || WITHOUT.includes(name) ? 0 : EPOCHS * (WHOLE - 1));
    const said = recorded.result.remarks.filter((remark) => remark.includes('launched kernel by kernel'));
    expect(said.map((remark) => remark.includes(`need ${obstacle}`))).toEqual(obstacle ? [true] : []);
  });
});
