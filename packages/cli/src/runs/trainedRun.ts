import type { Dataset } from '@agentmmrec/datasets';
import { newestRun, type OpenedRun, openRun } from '@agentmmrec/experiments';
import type { Session } from '../session/session.js';

/**
 * The model of a checkpoint on its data and knowledge. The caller closes the study.
 * @param checkpoint a path, or null for the newest finished run on this data
 * @throws AmrError input: no such run, or one of another model, data set or knowledge
 */
export async function openTrained(dataset: Dataset, checkpoint: string | null, session: Session): Promise<OpenedRun> {
  const { workspace, log } = session;
  const checkpointPath = checkpoint ?? newestRun(workspace, dataset.training);
  return await openRun({ dataset, checkpointPath, device: session.device(), workspace, log });
}
