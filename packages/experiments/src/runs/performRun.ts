import { existsSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { AmrError, makeFolders } from '@agentmmrec/core';
import { copyMemory } from '@agentmmrec/memory';
import { type EpochRecord, readCheckpoint } from '@agentmmrec/training';
import { curvePath } from '../study/runCurve.js';
import { isBegun, type Study } from '../study/study.js';
import type { Recipe } from '../study/studyRequest.js';
import type { FinishedRun, RunCost } from './finishedRun.js';
import { workOf } from './forecast.js';
import { type PlannedRun, runId } from './runSpec.js';
import type { RunStore } from './runStore.js';

/** How far a run is: for the progress of its plan. */
export interface RunProgress {
  readonly epoch: number;
  readonly bestEpoch: number;
  readonly validRecall20: number | null;
}

/** Puts the memory that a run begins with where the run keeps its own. One that is there belongs to an interrupted run. */
export function layMemory(run: PlannedRun, store: RunStore): void {
  const { memoryFrom, kind, source } = run.spec;
  const given = kind === 'knowledge' && source?.given ? run.place.memory : null;
  const from = memoryFrom === null ? given : store.memoryAt(memoryFrom);
  const path = store.memoryOf(run);
  if (from === null || existsSync(path)) return;
  makeFolders(dirname(path));
  copyMemory(from, path);
}

/**
 * Does one run and keeps its result. A checkpoint that an earlier attempt or the selection of the same training left is gone on from.
 * @param study opened on the data set of the run, with its memory in `store.memoryOf(run)`
 * @param begunAtMs when its process began to read the data: forecasts of further runs count that in
 */
export async function performRun(
  run: PlannedRun,
  study: Study,
  store: RunStore,
  onProgress: (progress: RunProgress) => void,
  begunAtMs = Date.now(),
): Promise<FinishedRun> {
  const startedAtMs = Date.now();
  checkData(run, study);
  await checkEncoders(run, study);
  const made = await partOf(run, study, store, onProgress);
  const finished = { ...made, cost: costOf(study, startedAtMs) };
  store.finish(run, finished);
  remember(run, finished, store, (Date.now() - begunAtMs) / 1000);
  if (run.spec.kind === 'train') tidy(run, store);
  return finished;
}

type Made = Omit<FinishedRun, 'cost'>;

async function partOf(
  run: PlannedRun,
  study: Study,
  store: RunStore,
  onProgress: (progress: RunProgress) => void,
): Promise<Made> {
  const { kind, recipe: bare, seed, training } = run.spec;
  if (kind === 'knowledge' || bare === null) return await fillMemory(study);
  const recipe: Recipe = { ...bare, label: run.label };
  const checkpointPath = store.checkpointOf(run);
  dropDamaged(checkpointPath, study);
  const trained = await study.train(recipe, seed, {
    training,
    checkpointPath,
    resume: isBegun(checkpointPath),
    onEpoch: progressOf(onProgress),
  });
  if (kind === 'train') return { record: await study.finish(recipe, seed, trained), selection: null, knowledge: null };
  const { validation, epochs, secondsPerEpoch, model } = trained.result;
  if (validation === null) throw new Error('a run without selection has no validation to record');
  model.release?.();
  return { record: null, selection: { valid: validation.metrics, epochs, secondsPerEpoch }, knowledge: null };
}

async function fillMemory(study: Study): Promise<Made> {
  await study.buildKnowledge();
  await study.knowledge('made'); // refines the item graph, whose answers stand in the memory too
  const memory = await study.bench?.memory();
  const { reasoner } = study.request;
  if (!memory || !reasoner) throw new Error('a knowledge run has a reasoner');
  const { versions, writers } = memory.stats();
  return {
    record: null,
    selection: null,
    knowledge: { reasoner: reasoner.name, digest: reasoner.digest, entries: versions, writers },
  };
}

/** A checkpoint that cannot be read is taken away, and its training made again: nobody else would ever go on from it. */
function dropDamaged(path: string, { request }: Study): void {
  if (!existsSync(path)) return;
  try {
    readCheckpoint(path);
  } catch (cause) {
    if (!(cause instanceof AmrError)) throw cause;
    request.log.warn(`${cause.got} in ${path}: the run begins anew`);
    rmSync(path);
  }
}

function progressOf(onProgress: (progress: RunProgress) => void): (record: EpochRecord) => void {
  let best = Number.NEGATIVE_INFINITY;
  let bestEpoch = 0;
  return ({ epoch, validation }) => {
    const value = validation?.['recall@20'] ?? null;
    if (value !== null && value > best) [best, bestEpoch] = [value, epoch];
    onProgress({ epoch, bestEpoch, validRecall20: value });
  };
}

function costOf({ request }: Study, startedAtMs: number): RunCost {
  const spent = request.reasoner?.spent?.();
  const processors = cpus();
  return {
    startedAtMs,
    wallSeconds: (Date.now() - startedAtMs) / 1000,
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}`,
    device: request.device.description,
    requests: spent?.requests ?? 0,
    inputTokens: spent?.inputTokens ?? 0,
    outputTokens: spent?.outputTokens ?? 0,
  };
}

function remember(run: PlannedRun, { record, selection }: FinishedRun, store: RunStore, wallSeconds: number): void {
  const { spec } = run;
  store.remember({
    fingerprint: spec.fingerprint,
    model: workOf(run),
    kind: spec.kind,
    epochs: record?.epochs ?? selection?.epochs ?? 0,
    secondsPerEpoch: record?.secondsPerEpoch ?? selection?.secondsPerEpoch ?? null,
    ...(spec.kind !== 'knowledge' && { plannedEpochs: spec.training.epochs }),
    wallSeconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  });
}

/** A finished run needs no checkpoint, and its copy of the memory only where feedback made something new of it. */
function tidy(run: PlannedRun, store: RunStore): void {
  for (const path of [store.checkpointOf(run), curvePath(store.checkpointOf(run))]) rmSync(path, { force: true });
  if (run.spec.recipe?.feedback) return;
  for (const suffix of ['', '-wal', '-shm', '-writer']) rmSync(`${store.memoryOf(run)}${suffix}`, { force: true });
}

function checkData(run: PlannedRun, { request }: Study): void {
  const { fingerprint, name } = request.dataset.training;
  if (fingerprint === run.spec.fingerprint) return;
  throw new AmrError({
    what: `run ${runId(run)} on ${name}`,
    got: `data with fingerprint ${fingerprint.slice(0, 12)}`,
    expected: `the data it was planned for, ${run.spec.fingerprint.slice(0, 12)}`,
    hint: 'plan the experiment again: the data changed since',
  });
}

async function checkEncoders(run: PlannedRun, study: Study): Promise<void> {
  const { encoders = null } = await study.items.encodersIdentity();
  if (encoders === run.spec.encoders) return;
  const named = (digest: string | null) => (digest === null ? 'hashing and pixels' : `models ${digest.slice(0, 12)}`);
  throw new AmrError({
    what: `run ${runId(run)} on ${study.request.dataset.training.name}`,
    got: `content encoded by ${named(encoders)}`,
    expected: `what it was planned with, ${named(run.spec.encoders)}`,
    hint: 'plan the experiment again: a model was replaced since',
  });
}
