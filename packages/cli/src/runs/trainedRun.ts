import { defaultsOf, type Knowledge } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import { isAugmented, newestRun, type RunManifest, readRunManifest, type Study } from '@agentmmrec/experiments';
import { type BuiltModel, findModel } from '@agentmmrec/models';
import { loadTrainedModel } from '@agentmmrec/training';
import type { Session } from '../session/session.js';
import { openStudy, studyOptions } from '../studies/studyOptions.js';

export interface OpenedRun {
  readonly study: Study;
  readonly model: BuiltModel;
  readonly manifest: RunManifest;
  /** the checkpoint's path */
  readonly path: string;
}

/**
 * The model of a checkpoint on its data and knowledge. The caller closes the study.
 * @param checkpoint a path, or null for the newest finished run on this data
 * @throws AmrError input: no such run, or one of another model, data set or knowledge
 */
export async function openTrained(dataset: Dataset, checkpoint: string | null, session: Session): Promise<OpenedRun> {
  const path = checkpoint ?? newestRun(session.workspace, dataset.training);
  const manifest = readRunManifest(path);
  const { knowledge, recipe } = manifest;
  const defaults = defaultsOf('knowledge', studyOptions);
  const values = knowledge
    ? {
        ...defaults,
        ...knowledge.options,
        reasoner: knowledge.reasoner,
        memory: knowledge.memoryPath,
        rerankDepth: knowledge.rerankDepth,
      }
    : defaults;
  // Everything that was asked in training is in the memory, the final reranking too.
  const study = await openStudy(dataset, values, session, { asks: false, saves: false });
  try {
    const data = await study.trainable(recipe.knowledge === 'none' ? null : await knowledgeOf(study, manifest));
    const { model } = loadTrainedModel({ checkpointPath: path, findModel, data, device: session.device() });
    return { study, model, manifest, path };
  } catch (cause) {
    await study.close();
    throw cause;
  }
}

/** The knowledge the model was built with: the memory may hold later versions by now. */
async function knowledgeOf({ bench }: Study, { knowledge, recipe }: RunManifest): Promise<Knowledge | null> {
  if (bench === null || knowledge === null) return null;
  const memory = await bench.memory();
  return (await bench.assemble(memory.asOf(knowledge.moments.begin), isAugmented(recipe.model))).knowledge;
}
