import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digest } from '@agentmmrec/core';
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
  mkdirSync(folder, { recursive: true });
  copyMemory(shared.request.memoryPath, path);
  return path;
}
