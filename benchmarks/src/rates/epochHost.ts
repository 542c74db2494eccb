import { RandomStreams } from '@agentmmrec/core';
import { TripleSampler } from '@agentmmrec/training';
import type { Pieces, Probes } from './probes.js';

/** Host seconds per training positive and epoch, its triple drawn, and per id put into order. */
export interface EpochHostRates {
  readonly secondsPerPositive: number;
  readonly secondsPerSortedId: number;
}

const shape = { users: 4096, items: 8192, perUser: 8, batch: 2048 };
const positives = shape.users * shape.perUser;

/** What an epoch does on the host: its triples drawn, and the ids of each batch sorted. */
export function* probeEpochHost(probes: Probes): Pieces {
  const { users, items, perUser, batch } = shape;
  const sampler = probes.once('sampler', () => {
    const offsets = Int32Array.from({ length: users + 1 }, (_, user) => user * perUser);
    const itemIds = Int32Array.from({ length: positives }, (_, i) => ((i % perUser) * items) / perUser + (i % 997));
    const train = { users, items, offsets, itemIds };
    return new TripleSampler(probes.device, train, { batchSize: batch });
  });
  const ids = probes.ids(3 * batch, users + items);
  const streams = new RandomStreams(7);
  yield* probes.time('triples drawn', () => sampler.startEpoch(1, streams));
  yield* probes.time('ids sorted', () => {
    const { segments: _, ...sorted } = probes.device.sortIds([{ ids }]);
    for (const memory of Object.values(sorted)) if (memory) probes.device.release(memory);
  });
}

export function epochHostRates(probes: Probes): EpochHostRates {
  return {
    secondsPerPositive: probes.seconds('triples drawn') / positives,
    secondsPerSortedId: probes.seconds('ids sorted') / (3 * shape.batch),
  };
}
