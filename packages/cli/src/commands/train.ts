import { dirname, join } from 'node:path';
import {
  AmrError,
  choice,
  digest,
  flag,
  nearestName,
  type OptionSchema,
  type OptionValues,
  text,
} from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import {
  type ComparisonName,
  type ComparisonResult,
  checkpointName,
  compareOnDataset,
  comparisonNames,
  type Recipe,
  type RunRecord,
  renderComparison,
  resultLine,
  type Study,
  textTable,
  writeRunManifest,
} from '@agentmmrec/experiments';
import { findModel, models } from '@agentmmrec/models';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';
import type { Session } from '../session.js';
import { openStudy, runFolder, studyOptions, trainingOptions } from '../studyOptions.js';

const options = {
  model: text('', `the model: ${Object.keys(models).join(', ')}`),
  ...datasetOptions,
  ...trainingOptions,
  ...studyOptions,
  feedback: choice(
    'auto',
    ['auto', 'on', 'off'],
    'feedback rounds while training; auto = on where a reasoner is named',
  ),
  plus: text('', 'what any model gets on top, separated by commas: rerank'),
  compare: text('auto', `rows beside it: ${comparisonNames.join(',')} or none; auto = all of them for agentmmrec`),
  resume: flag(false, 'go on from the checkpoint of the same command'),
  checkpoint: text('', 'where the run is saved; default: a folder of its own in the workspace'),
} as const;

type TrainValues = OptionValues<typeof options>;

export const train = defineCommand({
  verb: 'train',
  summary: 'train a model, stop early on validation, open the test split once',
  details:
    'Ctrl-C saves and prints the command that goes on. With --json the last line is the result. --model agentmmrec also trains ' +
    'what it is compared with; --compare none leaves that out.',
  example: 'agentmmrec train --model lightgcn --data ../shared/data/baby --layers 2',
  options,
  required: ['model', 'data'],
  further: ({ model }): OptionSchema => (typeof model === 'string' && model !== '' ? findModel(model).options : {}),
  async run(given, session, modelOptions) {
    const wanted = comparisonsOf(given);
    const dataset = await loadDataset(given.data, loadOptions(given, session));
    const study = openStudy(dataset, given, session);
    try {
      const recipe = recipeOf(given, modelOptions, study);
      const record = await trainOne(given, recipe, study, session);
      const settings = { training: trainingOf(given) };
      const comparison = wanted.length > 0 ? await compareOnDataset(study, recipe, [record], wanted, settings) : null;
      show(record, comparison, session);
    } finally {
      await study.close();
    }
  },
});

/** Trains with a checkpoint, finishes, and leaves `run.json` beside it. */
async function trainOne(given: TrainValues, recipe: Recipe, study: Study, session: Session): Promise<RunRecord> {
  const { dataset, reasoner, memoryPath, knowledgeSeed, knowledgeOptions, rerankDepth } = study.request;
  const { training } = dataset;
  const uses = recipe.knowledge !== 'none' || recipe.rerank !== 'none';
  const knowledge =
    reasoner && uses
      ? { reasoner: reasoner.name, memoryPath, seed: knowledgeSeed, options: knowledgeOptions, rerankDepth }
      : null;
  const { batchSize, learningRate } = given;
  const hash = digest({
    fingerprint: training.fingerprint,
    recipe,
    seed: session.seed,
    knowledge,
    batchSize,
    learningRate,
  });
  const checkpointPath =
    given.checkpoint || join(runFolder(session.workspace, training, recipe.model, hash), checkpointName);
  const started = { data: training.name, fingerprint: training.fingerprint, recipe, seed: session.seed, knowledge };
  const manifest = { ...started, startedAtMs: Date.now(), result: null };
  const result = await study.train(recipe, session.seed, {
    training: trainingOf(given),
    checkpointPath,
    resume: given.resume,
    resumeCommand: session.commandLine.includes(' --resume') ? session.commandLine : `${session.commandLine} --resume`,
  });
  const record = await study.finish(recipe, session.seed, result);
  writeRunManifest(dirname(checkpointPath), { ...manifest, result: resultLine(record) });
  session.log.info(`checkpoint: ${checkpointPath}`);
  return record;
}

function recipeOf(given: TrainValues, modelOptions: Readonly<Record<string, unknown>>, study: Study): Recipe {
  const model = findModel(given.model);
  const plus = partsOf(given.plus, ['rerank'], '--plus');
  const hasKnowledge = study.request.reasoner !== null;
  const takesKnowledge = model.needs.includes('knowledge') && hasKnowledge;
  if (plus.length > 0 && !hasKnowledge) {
    throw new AmrError({
      what: `--plus ${given.plus}`,
      got: 'no knowledge',
      expected: 'knowledge to use',
      hint: 'name --memory FILE or --reasoner extractive',
    });
  }
  return {
    label: model.name,
    model: model.name,
    options: modelOptions,
    knowledge: takesKnowledge ? 'made' : 'none',
    rerank: takesKnowledge || plus.includes('rerank') ? 'made' : 'none',
  };
}

function comparisonsOf({ compare, model }: TrainValues): ComparisonName[] {
  if (compare === 'none') return [];
  if (compare === 'auto') return model === 'agentmmrec' ? [...comparisonNames] : [];
  return partsOf(compare, comparisonNames, '--compare');
}

/** The names of a comma-separated list. @throws AmrError input with the nearest known name */
function partsOf<T extends string>(list: string, known: readonly T[], what: string): T[] {
  const names = list.split(',').filter((name) => name !== '');
  return names.map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (found !== undefined) return found;
    const near = nearestName(name, known);
    throw new AmrError({
      what,
      got: `"${name}"`,
      expected: `a list of ${known.join(', ')}`,
      hint: near ? `did you mean "${near}"?` : 'see agentmmrec train --help',
    });
  });
}

function trainingOf({ epochs, patience, batchSize, learningRate }: TrainValues) {
  return { epochs, patience, batchSize, learningRate };
}

function show(record: RunRecord, comparison: ComparisonResult | null, session: Session): void {
  for (const remark of record.remarks) session.log.info(`${record.model}: ${remark}`);
  const { valid, test, testReranked, epochs, secondsPerEpoch, peakRssBytes } = record;
  const names = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20'] as const;
  const rows = {
    validation: valid,
    test: test.metrics,
    ...(testReranked && { 'test reranked': testReranked.metrics }),
  };
  const lines = Object.entries(rows).map(([name, metrics]) => [
    name,
    ...names.map((metric) => metrics[metric].toFixed(4)),
  ]);
  session.say(textTable([[record.model, ...names], ...lines]));
  session.say(
    `${epochs} epochs of ${secondsPerEpoch.toFixed(2)} s on ${record.device}, ${(peakRssBytes / 1e6).toFixed(0)} MB at most`,
  );
  if (record.synthetic) session.say('SYNTHETIC FEATURES: drawn from a seed, they say nothing about real content');
  if (comparison) session.say(`\n${renderComparison(comparison)}`);
  session.emit({ ...resultLine(record), remarks: record.remarks, ...(comparison && { comparison }) });
}
