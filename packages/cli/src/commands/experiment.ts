import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { knowledgeOptions, makeReasoner, picturesAsked, WorkQueue } from '@agentmmrec/agents';
import {
  AmrError,
  choice,
  defaultsOf,
  digest,
  flag,
  integer,
  type OptionSchema,
  type OptionValues,
  optional,
  pickOptions,
  readOptions,
  text,
  textTable,
} from '@agentmmrec/core';
import { type Dataset, type LoadingValues, loadDataset, loadingOptions } from '@agentmmrec/datasets';
import { encoderOptions, encodersDigest, openEncoders, usesModels } from '@agentmmrec/encoders';
import {
  type Experiment,
  type ExperimentPlan,
  ExperimentSession,
  experiments,
  findExperiment,
  KeptRuns,
  type KnowledgeSource,
  type PlanForecast,
  RunStore,
  renderResult,
  searchMethods,
  writeReport,
} from '@agentmmrec/experiments';
import { usefulThreads } from '@agentmmrec/kernels';
import { llmServerNames, promptCatalog } from '@agentmmrec/llm';
import { models, shownName } from '@agentmmrec/models';
import { rerankOptions, trainingOptions } from '@agentmmrec/training';
import { namesOf } from '../arguments/namesOf.js';
import { defineCommand } from '../command.js';
import { codeVersion } from '../runs/codeVersion.js';
import { launcher, queuedLauncher } from '../runs/launchRun.js';
import type { Session } from '../session/session.js';
import { productVersion } from '../session/version.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { encodersOf } from '../studies/encodersOf.js';
import { checkLanguageModel, isLanguageModel, llmOptions } from '../studies/llmOptions.js';
import { reasonerName, studyOptions } from '../studies/studyOptions.js';
import { seedsOf } from './demo.js';

const GIBIBYTE = 2 ** 30;
const names = experiments.map(({ name }) => name);

const options = {
  ...datasetOptions,
  ...trainingOptions,
  ...studyOptions,
  models: text('all', `models to compare: all, or a list of ${Object.keys(models).map(shownName).join(', ')}`),
  seeds: text('999,2026,1', 'training seeds: a number of them, or a list separated by commas'),
  search: choice(
    'grid',
    [...searchMethods, 'none'],
    'how options are searched where an experiment does: on validation only',
  ),
  trials: integer(9, { min: 1, max: 10_000, help: 'candidates of each row in a random search or successive halving' }),
  parallel: optional({ type: 'integer', min: 1, max: 256, help: 'runs at a time; default: one a core' }),
  memoryBudget: optional({
    type: 'real',
    min: 0.1,
    help: 'GiB that all runs together may hold; default: four fifths of the machine',
  }),
  keep: optional({
    type: 'text',
    help: 'a folder of finished runs: those in it are not repeated, and what is finished is added; it can be committed',
  }),
  asItStands: flag(false, 'start nothing, and show what is finished: what is missing is named'),
  plan: flag(false, 'print runs, hours and calls of a language model, and start nothing'),
} as const;

export const experiment = defineCommand({
  details: experiments.map(({ name, summary, shows }) => `${name}: ${summary}${shows ? ` (${shows})` : ''}`).join('\n'),
  example: 'agentmmrec experiment overall --data catalog --reasoner extractive --models all --seeds 999,2026,1 --plan',
  positionals: [{ name: 'name', help: `one of ${names.join(', ')}` }],
  options,
  further: (_given, { name }) => (name === undefined ? {} : (findExperiment(name).options ?? {})),
  async run(given, session, further) {
    const chosen = findExperiment(session.positionals.name);
    const values = readOptions(`experiment ${chosen.name}`, chosen.options ?? {}, further);
    const loading = loadingOf(chosen, given);
    const training = { ...pickOptions(trainingOptions, given), ...chosen.training };
    const dataset = await loadDataset(given.data, loadOptions(loading, session));
    const source = sourceOf(given, dataset, chosen);
    const encoders = encodersOf(given, dataset.training, session);
    const queue = given.plan ? null : await queueOf(given, session);
    try {
      const asked = new ExperimentSession({
        experiment: chosen,
        values,
        models: given.models === 'all' ? Object.keys(models) : namesOf(given.models, Object.keys(models), '--models'),
        dataset,
        hasFeatures: dataset.training.features.length > 0 || dataset.training.content !== null,
        splitBy: loading.splitBy,
        wordings: promptCatalog(given.prompts ?? undefined).families,
        seeds: seedList(given.seeds),
        search: given.search === 'none' ? null : { method: given.search, trials: given.trials },
        shared: {
          fingerprint: dataset.training.fingerprint,
          training,
          rerankDepth: given.rerankDepth,
          rerankWeight: given.rerankWeight,
          source,
          encoders: usesModels(encoders) ? encodersDigest(await openEncoders(encoders)) : null,
          place: { data: given.data, loading, encoders, memory: given.memory, reach: pickOptions(llmOptions, given) },
          codeVersion: codeVersion(),
        },
        store: new RunStore(session.workspace, keptRuns(given.keep, dataset)),
        asItStands: given.asItStands,
        launch: queue ? queuedLauncher(queue) : launcher(session),
        parallel: given.parallel ?? (queue ? given.inFlight : runsAtATime(session.threads)),
        memoryBytes: memoryOf(given.memoryBudget, queue !== null),
        log: session.log,
        signal: session.signal,
        provenance: {
          version: productVersion(),
          command: session.commandLine,
          options: {
            ...training,
            ...loading,
            ...values,
            ...furtherOptions(given, source).changed,
          },
          defaults: furtherOptions(given, source).defaults,
        },
      });
      checkReasoners(asked.plan, source);
      const forecast = asked.forecast();
      if (given.plan) {
        session.say(forecastText(forecast));
        session.emit({ experiment: chosen.name, data: dataset.training.name, ...forecast });
        return;
      }
      session.log.info(forecastText(forecast).split('\n').at(-1) ?? '');
      // Runs that need no language model may take hours before the first that does.
      const asksHere =
        queue === null && !given.asItStands && forecast.llmCalls > 0 && forecast.finished < forecast.runs;
      if (source && isLanguageModel(source.reasoner) && asksHere)
        await checkLanguageModel(source.reasoner, given, session);
      const result = await asked.run();
      const files = writeReport(session.workspace, result);
      session.say(`${renderResult(result)}\n\nWritten: ${Object.values(files).join('\n         ')}`);
      session.emit({ experiment: chosen.name, ...result, files });
      failWhereNothingFinished(chosen.name, result.rows);
    } finally {
      await queue?.close();
    }
  },
});

/** The queue of workers that do the runs, or null where they are done here. */
async function queueOf({ queue, queueName }: OptionValues<typeof options>, { log }: Session) {
  return queue === null ? null : await WorkQueue.open({ queue, queueName, log });
}

function loadingOf({ name, loading }: Experiment, given: LoadingValues): LoadingValues {
  const asked = pickOptions(loadingOptions, given);
  for (const [option, value] of Object.entries(loading ?? {})) {
    const was = asked[option as keyof LoadingValues];
    if (was === value || was === 'auto') continue;
    throw new AmrError({
      what: `experiment ${name}, option "${option}"`,
      got: String(was),
      expected: `${value}: the experiment is about it`,
      hint: 'leave the flag out',
    });
  }
  return { ...asked, ...loading };
}

function keptRuns(folder: string | null, { training }: Dataset): KeptRuns | null {
  return folder === null ? null : new KeptRuns(folder, training.fingerprint);
}

/** Who makes knowledge, by what decides its words. Where rows name who it is, the rest of it is shared. */
function sourceOf(
  given: OptionValues<typeof options>,
  dataset: Dataset,
  { rowsNameReasoners = false }: Experiment,
): KnowledgeSource | null {
  const reasoner = reasonerName(given, dataset.training) ?? (rowsNameReasoners ? 'extractive' : null);
  if (reasoner === null) return null;
  const { llmModel, promptFamily, contextLength, prompts, memory } = given;
  const templates = promptCatalog(prompts ?? undefined).templates.map(({ id, hash }) => [id, hash]);
  return {
    reasoner,
    llmModel,
    promptFamily,
    imagesPerPrompt: picturesAsked(given),
    contextLength,
    options: pickOptions(knowledgeOptions, given),
    templates: digest(templates).slice(0, 16),
    given: memory === null ? null : digest(readFileSync(memory)).slice(0, 16),
  };
}

/** Whoever makes knowledge must be known before anything starts. @throws AmrError input */
function checkReasoners({ rows }: ExperimentPlan, source: KnowledgeSource | null): void {
  for (const { reasoner, llmModel } of [...(source ? [source] : []), ...rows.flatMap((row) => row.source ?? [])]) {
    if (reasoner === undefined || isLanguageModel(reasoner)) continue;
    makeReasoner(reasoner, llmServerNames);
    if (!llmModel) continue;
    throw new AmrError({
      what: `reasoner "${reasoner}"`,
      got: `the model "${llmModel}"`,
      expected: 'no model: it is none of a language model',
      hint: `a model belongs to ${llmServerNames.join(' or ')}: leave it out`,
    });
  }
}

/** What else decides the numbers, by whether it stands at its default. */
function furtherOptions(given: OptionValues<typeof options>, source: KnowledgeSource | null) {
  const { imagesPerPrompt, contextLength, promptFamily, prompts, memory, llmModel } = studyOptions;
  const schema: OptionSchema = {
    ...encoderOptions,
    ...(source && { ...rerankOptions, ...knowledgeOptions, llmModel, memory }),
    ...(source && isLanguageModel(source.reasoner) && { imagesPerPrompt, contextLength, promptFamily, prompts }),
    ...(given.search !== 'none' && { search: options.search }),
    ...((given.search === 'random' || given.search === 'halving') && { trials: options.trials }),
  };
  const usual: Readonly<Record<string, unknown>> = defaultsOf('experiment', schema);
  const values = Object.entries(given).filter(([name]) => name in schema);
  return {
    changed: Object.fromEntries(values.filter(([name, value]) => value !== usual[name])),
    defaults: Object.fromEntries(values.filter(([name, value]) => value === usual[name])),
  };
}

/** `3` are the first three of the usual seeds, `1,2,3` are these. */
function seedList(list: string): number[] {
  const usual = [999, 2026, 1, 2, 3, 4, 5, 6, 7, 8];
  return /^\d$|^10$/.test(list) && Number(list) > 0 ? usual.slice(0, Number(list)) : seedsOf(list, '--seeds');
}

function runsAtATime(threads: number | null): number {
  return Math.max(1, Math.floor(usefulThreads() / (threads ?? 1)));
}

/** Workers elsewhere have memory of their own, and as many runs at a time as they were told. */
function memoryOf(gibibytes: number | null, elsewhere: boolean): number {
  if (gibibytes !== null) return gibibytes * GIBIBYTE;
  return elsewhere ? Number.POSITIVE_INFINITY : 0.8 * memoryOfMachine();
}

/** What a container may hold, where this is one. */
function memoryOfMachine(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function forecastText({ runs, finished, hours, measured, llmCalls, missing, byRow }: PlanForecast): string {
  const rows = byRow.map(({ label, runs: count, hours: own }) => [label, String(count), time(own)]);
  const open = runs - finished;
  const basis =
    open === 0 ? '' : ` (${measured} of them by earlier runs, ${open - measured} guessed from the size of the data)`;
  return [
    textTable([['row', 'runs', 'time'], ...rows]),
    ...missing.map(({ label, reason }) => `not run: ${label}: ${reason}`),
    `${runs} runs, ${finished} finished already; about ${time(hours)}${basis}; ${llmCalls} calls of a language model at most`,
  ].join('\n');
}

function time(hours: number): string {
  return hours < 1.5 ? `${(60 * hours).toFixed(hours < 0.1 ? 1 : 0)} min` : `${hours.toFixed(1)} h`;
}

function failWhereNothingFinished(name: string, rows: readonly { mean: unknown; failures: readonly string[] }[]): void {
  if (rows.some(({ mean }) => mean !== null)) return;
  throw new AmrError({
    what: `experiment ${name}`,
    got: `no run that finished; the first: ${rows.flatMap(({ failures }) => failures)[0] ?? 'none was planned'}`,
    expected: 'at least one',
    hint: 'the page says why each failed; agentmmrec experiment run --run ADDRESS does one by hand',
    kind: 'failed',
  });
}
