import { join } from 'node:path';
import { knowledgeOptions } from '@agentmmrec/agents';
import { AmrError, pickOptions } from '@agentmmrec/core';
import { type Dataset, loadDataset, loadingOptions } from '@agentmmrec/datasets';
import { type EncoderChoice, usesModels } from '@agentmmrec/encoders';
import {
  type ComparisonName,
  type ComparisonResult,
  checkpointName,
  compareOnDataset,
  isAugmented,
  nameOf,
  type Recipe,
  type RunRecord,
  type RunSettings,
  RunStore,
  resultLine,
  type Study,
  writeRunManifest,
} from '@agentmmrec/experiments';
import { findModel, withGraphs } from '@agentmmrec/models';
import { feedbackOptions, rerankOptions, trainingOptions } from '@agentmmrec/training';
import { namesOf } from '../arguments/namesOf.js';
import type { Session } from '../session/session.js';
import { loadOptions } from '../studies/datasetOptions.js';
import { encodersOf } from '../studies/encodersOf.js';
import { openStudy, reasonerName } from '../studies/studyOptions.js';
import { codeVersion } from './codeVersion.js';
import { lockRun, ownMemory, runFolder } from './runFolder.js';
import { showTraining } from './trainingReport.js';
import { comparisonNames, type TrainValues } from './trainSchema.js';

/** `agentmmrec train`: one run, its checkpoint and manifest, and what stands beside it. @param modelOptions as given, unread */
export async function trainRun(
  given: TrainValues,
  session: Session,
  modelOptions: Readonly<Record<string, unknown>>,
): Promise<void> {
  const automatic = given.model === 'agentmmrec' ? comparisonNames.join(',') : 'none';
  const rows = given.compare === 'auto' ? automatic : given.compare;
  const wanted = rows === 'none' ? [] : namesOf(rows, comparisonNames, '--compare');
  session.device(); // a card that is not there is refused before data are read
  const dataset = await loadDataset(given.data, loadOptions(given, session));
  const recipe = recipeOf(given, modelOptions, reasonerName(given, dataset.training) !== null);
  const folder = runFolder(session, dataset.training, {
    recipe,
    ...pickOptions(trainingOptions, given),
    ...studySettings(given),
    ...modelsOf(encodersOf(given, dataset.training, session)),
  });
  const lock = lockRun(folder, given.checkpoint);
  try {
    await trainAll(dataset, wanted, { given, recipe, folder, session });
  } finally {
    lock.release();
  }
}

/** A run of the command: what was asked for, as what, and where it is kept. */
interface RunRequest {
  readonly given: TrainValues;
  readonly recipe: Recipe;
  readonly folder: string;
  readonly session: Session;
}

/** The run, and what stands beside it. */
async function trainAll(dataset: Dataset, wanted: readonly ComparisonName[], asked: RunRequest): Promise<void> {
  const { given, recipe, folder, session } = asked;
  const memory =
    recipe.feedback && given.memory === null ? await ownMemory(dataset, given, folder, session) : given.memory;
  const asks = given.reasoner !== null || recipe.rerank !== 'none' || recipe.feedback !== undefined;
  const study = await openStudy(dataset, { ...given, memory }, session, { asks });
  try {
    const saving = {
      training: pickOptions(trainingOptions, given),
      resume: given.resume,
      resumeCommand: given.resume ? session.commandLine : `${session.commandLine} --resume`,
    };
    const record = await trainOne(study, saving, asked);
    const comparison = wanted.length > 0 ? await compared(study, record, wanted, asked) : null;
    showTraining(record, comparison, session);
  } finally {
    await study.close();
  }
}

/** Trains with a checkpoint, finishes, and leaves the run's manifest beside it. */
async function trainOne(
  study: Study,
  saving: Omit<RunSettings, 'checkpointPath'>,
  { given, recipe, folder, session }: RunRequest,
): Promise<RunRecord> {
  const { dataset, reasoner, memoryPath, knowledgeOptions: options, rerankDepth, encoders } = study.request;
  const checkpointPath = given.checkpoint ?? join(folder, checkpointName);
  const startedAtMs = Date.now();
  const run = await study.train(recipe, session.seed, { ...saving, checkpointPath });
  const record = await study.finish(recipe, session.seed, run);
  const knowledge =
    reasoner && run.moments
      ? {
          reasoner: reasoner.name,
          memoryPath,
          options,
          rerankDepth,
          ...(record.reranking?.weight !== undefined && { rerankWeight: record.reranking.weight }),
          moments: run.moments,
        }
      : null;
  const { name: data, fingerprint } = dataset.training;
  const result = resultLine(record);
  writeRunManifest(checkpointPath, {
    data,
    fingerprint,
    recipe,
    seed: session.seed,
    knowledge,
    encoders,
    startedAtMs,
    ...(record.feedback.length > 0 && { feedback: record.feedback }),
    result,
  });
  session.log.info(`checkpoint: ${checkpointPath}`);
  return record;
}

/** What stands beside the run: those runs are kept by their address, so the same command finds them and goes on with what was stopped. */
async function compared(
  study: Study,
  record: RunRecord,
  names: readonly ComparisonName[],
  { given, recipe, session }: RunRequest,
): Promise<ComparisonResult> {
  return await compareOnDataset({
    study,
    recipe,
    records: [record],
    names,
    training: pickOptions(trainingOptions, given),
    store: new RunStore(session.workspace),
    place: { data: given.data, loading: pickOptions(loadingOptions, given) },
    codeVersion: codeVersion(),
  });
}

function recipeOf(given: TrainValues, modelOptions: Readonly<Record<string, unknown>>, hasKnowledge: boolean): Recipe {
  const model = findModel(given.model);
  const plus = namesOf(given.plus ?? '', ['graph', 'rerank'], '--plus');
  const plusGraph = plus.includes('graph');
  const ownKnowledge = model.needs.includes('knowledge') && hasKnowledge;
  const takesKnowledge = ownKnowledge || ((plusGraph || isAugmented(model.name)) && hasKnowledge);
  const feedback = given.feedback === 'on';
  if ((plus.length > 0 || feedback) && !hasKnowledge) {
    throw new AmrError({
      what: plus.length > 0 ? `--plus ${given.plus}` : '--feedback on',
      got: 'no knowledge',
      expected: 'knowledge to use',
      hint: 'name --memory FILE or --reasoner extractive',
    });
  }
  const recipe = {
    model: (plusGraph ? withGraphs(model) : model).name,
    options: modelOptions,
    knowledge: takesKnowledge ? 'made' : 'none',
    rerank: ownKnowledge || plus.includes('rerank') ? 'made' : 'none',
    ...(feedback && { feedback: pickOptions(feedbackOptions, given) }),
  } as const;
  return { ...recipe, label: nameOf(recipe) };
}

/** Models that encode; hashing and pixels are not named, so that runs with them keep their folders. */
function modelsOf(encoders: EncoderChoice): { readonly encoders?: EncoderChoice } {
  return usesModels(encoders) ? { encoders } : {};
}

/** What decides the knowledge of a run besides the recipe. */
function studySettings(given: TrainValues) {
  const { reasoner, memory } = given;
  return { reasoner, memory, ...pickOptions({ ...knowledgeOptions, ...rerankOptions }, given) };
}
