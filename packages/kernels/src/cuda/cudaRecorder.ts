import { adamSettings } from '../adam.js';
import type { Floats, Ints } from '../arrays.js';
import type { NativeCuda } from '../native.js';
import type { RecordedWork, Recorder } from '../recorder.js';
import { type Block, onCard, translated } from './cudaMemory.js';

/** Blocks that recorded work writes, whose host copies no run of it leaves true; null where none is recorded. */
let recordedBlocks: Set<Block> | null = null;

/** The device writes there. */
export function forget(block: Block): void {
  block.values = undefined;
  recordedBlocks?.add(block);
}

/** Notes the launches of `body` with what a card or a group offers for that. */
export function recordedWork(native: Pick<NativeCuda, 'record'>, body: () => void): RecordedWork {
  const blocks = new Set<Block>();
  const work = translated(() =>
    native.record(() => {
      recordedBlocks = blocks;
      try {
        body();
      } finally {
        recordedBlocks = null;
      }
    }),
  );
  return {
    run: () => {
      translated(() => work.run());
      for (const block of blocks) block.values = undefined;
    },
    release: () => translated(() => work.release()),
  };
}

/** What a card offers for recorded work. */
export function cudaRecorder(native: NativeCuda): Recorder {
  const handles = (arrays: readonly (Floats | Ints)[]) => arrays.map((array) => onCard(array).handle);
  const written = (arrays: readonly Ints[]): void => {
    for (const array of arrays) forget(onCard(array).block);
  };
  return {
    record: (body) => recordedWork(native, body),
    sliceIds: (outs, tables, clock) => {
      written(outs);
      translated(() => native.sliceIds(handles(outs), handles(tables), onCard(clock).handle));
    },
    noteLoss: (losses, loss, clocks) => {
      written(clocks);
      translated(() => native.noteLoss(onCard(losses).handle, onCard(loss).handle, handles(clocks)));
    },
    adamTables: (clock, tables) => {
      const memory = tables.flatMap(({ parameter, m, v, gradient }) => handles([parameter, m, v, gradient]));
      const settings = tables.flatMap((table) => Object.values(adamSettings(table)));
      translated(() => native.adamTables(onCard(clock).handle, memory, settings));
    },
  };
}
