import { type KnowledgeValues, knowledgeOptions, type Reasoner, readingReasoner } from '@agentmmrec/agents';
import { defaultsOf, type Knowledge, type Log } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { type BuiltModel, findModel } from '@agentmmrec/models';
import { loadTrainedModel, rerankOptions } from '@agentmmrec/training';
import { isAugmented, Study } from '../study/study.js';
import { type RunManifest, readRunManifest } from './runManifest.js';

/** A trained model as it was at the end of its run, with its data and knowledge. */
export interface OpenedRun {
  readonly study: Study;
  readonly model: BuiltModel;
  readonly manifest: RunManifest;
  /** the knowledge the model was built with; null without */
  readonly knowledge: Knowledge | null;
  /** the checkpoint's path */
  readonly path: string;
}

/**
 * The model of a checkpoint on its data and knowledge. Nothing is asked of anybody and nothing is written but features that were never
 * encoded, so a run can be looked at while others train. The caller closes the study and releases the model.
 * @throws AmrError input: no such run, or one of another model, data set or knowledge
 */
export async function openRun(request: {
  readonly dataset: Dataset;
  readonly checkpointPath: string;
  readonly device: Device;
  readonly workspace: string;
  readonly log: Log;
  /** false where a run is only shown, and nothing is measured; true */
  readonly audits?: boolean;
}): Promise<OpenedRun> {
  const { dataset, checkpointPath: path, device, workspace, log, audits = true } = request;
  const manifest = readRunManifest(path);
  const { knowledge: used, recipe } = manifest;
  const reasoner = used && reasonerOf(used.memoryPath, dataset.training.fingerprint);
  const study = new Study({
    dataset,
    device,
    workspace,
    reasoner,
    access: 'read',
    audits,
    memoryPath: used?.memoryPath ?? ':memory:',
    knowledgeOptions: (used?.options ?? defaultsOf('knowledge', knowledgeOptions)) as KnowledgeValues,
    rerankDepth: used?.rerankDepth ?? rerankOptions.rerankDepth.default,
    encoders: manifest.encoders ?? builtInEncoders,
    log,
  });
  try {
    const knowledge = recipe.knowledge === 'none' ? null : await knowledgeOf(study, manifest);
    const data = await study.trainable(knowledge);
    const { model } = loadTrainedModel({ checkpointPath: path, findModel, data, device });
    study.items.forget();
    return { study, model, manifest, knowledge, path };
  } catch (cause) {
    await study.close();
    throw cause;
  }
}

function reasonerOf(path: string, fingerprint: string): Reasoner {
  const memory = openMemory({ path, fingerprint, mode: 'read' });
  try {
    return readingReasoner(memory);
  } finally {
    memory.close();
  }
}

/** The memory may hold later versions by now. */
async function knowledgeOf({ bench }: Study, { knowledge, recipe }: RunManifest): Promise<Knowledge | null> {
  if (bench === null || knowledge === null) return null;
  const memory = await bench.memory();
  return (await bench.assemble(memory.asOf(knowledge.moments.begin), isAugmented(recipe.model))).knowledge;
}
