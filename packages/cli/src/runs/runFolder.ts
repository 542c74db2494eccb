import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AmrError, digest, type Lock, makeFolders, tryLock } from '@agentmmrec/core';
import type { Dataset, TrainingData } from '@agentmmrec/datasets';
import { copyMemory } from '@agentmmrec/memory';
import type { Session } from '../session/session.js';
import { openStudy, type StudyValues } from '../studies/studyOptions.js';

/** `runs/<data>-<model>-<hash>`: one folder for each way of running. The number of epochs is not part of it: a run may go on. */
export function runFolder(
  session: Session,
  training: TrainingData,
  settings: { recipe: { model: string }; epochs: number; patience: number },
): string {
  const { epochs: _epochs, patience: _patience, ...deciding } = settings;
  const hash = digest({
    ...deciding,
    fingerprint: training.fingerprint,
    seed: session.seed,
    device: session.device().name,
  });
  return join(session.workspace, 'runs', `${training.name}-${settings.recipe.model}-${hash.slice(0, 12)}`);
}

/**
 * Takes the run for this process, before any of its files is touched.
 * @throws AmrError input: another process trains it
 */
export function lockRun(folder: string, checkpoint: string | null): Lock {
  const paths = [join(folder, 'in-use'), ...(checkpoint === null ? [] : [`${resolve(checkpoint)}.in-use`])];
  const locks = paths.map((path) => tryLock(path));
  const release = () => {
    for (const lock of locks) lock?.release();
  };
  if (!locks.includes(null)) return { release };
  release();
  throw new AmrError({
    what: `run ${folder}`,
    got: 'a run that another process trains',
    expected: 'one at a time',
    hint: 'wait until it ends, or stop it and go on with --resume; another --seed is another run',
  });
}

/**
 * A copy of the data set's memory for a run that rewrites it, so that the same command does the same again. A resumed run goes on
 * with the copy it has.
 */
export async function ownMemory(
  dataset: Dataset,
  options: StudyValues & { resume: boolean },
  folder: string,
  session: Session,
): Promise<string> {
  const path = join(folder, 'memory.sqlite');
  if (options.resume && existsSync(path)) return path;
  const shared = await openStudy(dataset, options, session);
  try {
    await shared.knowledge('made');
  } finally {
    await shared.close();
  }
  makeFolders(folder);
  copyMemory(shared.request.memoryPath, path);
  return path;
}
