import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { KnowledgeValues } from '@agentmmrec/agents';
import { AmrError, digest, type ReadSigned, readSigned, shapes, signed, writeFileAtomic } from '@agentmmrec/core';
import { builtInEncoders, type EncoderChoice } from '@agentmmrec/encoders';
import { readCheckpointFacts } from '@agentmmrec/training';
import type { RunRecord } from '../study/runRecord.js';
import type { Recipe } from '../study/studyRequest.js';

const format = 'agentmmrec-run/3';
/** Without digests. */
const earlierFormat = 'agentmmrec-run/2';

/** Beside a checkpoint: what is needed to build the same model on the same data again. */
export interface RunManifest {
  readonly format: typeof format | typeof earlierFormat;
  /** digest of the identity that the checkpoint beside it has; absent in files of earlier releases */
  readonly checkpoint?: string | null | undefined;
  readonly data: string;
  /** of the training data */
  readonly fingerprint: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** null: no knowledge */
  readonly knowledge: {
    readonly reasoner: string;
    readonly memoryPath: string;
    readonly options: KnowledgeValues;
    readonly rerankDepth: number;
    /** of the Utilizer's order in the lists; absent in files of earlier releases: 1 */
    readonly rerankWeight?: number;
    /** the memory's moments that the model was built from and that its lists are reranked by */
    readonly moments: { readonly begin: number; readonly end: number };
  } | null;
  /** what encoded texts, knowledge and pictures; absent in files of earlier releases: hashing and pixels */
  readonly encoders?: EncoderChoice | undefined;
  readonly startedAtMs: number;
  /** reports of the feedback rounds; absent without feedback and in files of earlier releases, whose checkpoints hold them */
  readonly feedback?: RunRecord['feedback'];
  /** the result line; null until the run is finished */
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** The file of a run in its folder. */
export const checkpointName = 'checkpoint.amr';

/** `runs/a/checkpoint.amr` has `runs/a/checkpoint.run.json`: several checkpoints may share a folder. */
function manifestPath(checkpointPath: string): string {
  return `${checkpointPath.replace(/\.amr$/, '')}.run.json`;
}

/** Writes what a run was, beside its checkpoint. */
export function writeRunManifest(checkpointPath: string, manifest: Omit<RunManifest, 'format' | 'checkpoint'>): void {
  const path = resolve(manifestPath(checkpointPath));
  const { knowledge, encoders } = manifest;
  const kept = knowledge && { ...knowledge, memoryPath: movable(path, knowledge.memoryPath) };
  const models = encoders && eachModel(encoders, (model) => movable(path, model));
  const checkpoint = identityOf(checkpointPath);
  const content = { format, checkpoint, ...manifest, knowledge: kept, encoders: models };
  writeFileAtomic(path, `${JSON.stringify(signed(content), null, 2)}\n`);
}

/** Of the run that a checkpoint is of; null where that cannot be read. */
function identityOf(checkpointPath: string): string | null {
  const facts = readCheckpointFacts(checkpointPath);
  return facts && digest(facts.identity);
}

/** The choice with another name of what lies somewhere. */
function eachModel({ textModel, imageModel }: EncoderChoice, change: (path: string) => string): EncoderChoice {
  return {
    textModel: textModel === builtInEncoders.textModel ? textModel : change(textModel),
    imageModel: imageModel === builtInEncoders.imageModel ? imageModel : change(imageModel),
  };
}

/** A file in the run's workspace is named from the manifest, so that a workspace can be moved; others keep their whole path. */
function movable(manifest: string, memoryPath: string): string {
  const workspace = dirname(dirname(dirname(manifest)));
  const inside = resolve(memoryPath).startsWith(workspace + sep);
  return inside ? relative(dirname(manifest), resolve(memoryPath)) : resolve(memoryPath);
}

/** @throws AmrError input: no checkpoint, no manifest beside it, one of another release, a damaged one, or one of another run */
export function readRunManifest(checkpointPath: string): RunManifest {
  if (!existsSync(checkpointPath)) {
    throw new AmrError({
      what: `checkpoint ${checkpointPath}`,
      got: 'no such file',
      expected: 'a file that agentmmrec train wrote',
      hint: 'check --checkpoint, or leave it out for the newest finished run on this data',
    });
  }
  requireRunFile(checkpointPath);
  const path = manifestPath(checkpointPath);
  const read = existsSync(path) ? readSigned<RunManifest>(path) : null;
  const fault = faultOf(read, checkpointPath);
  if (fault === null) return resolved(read?.content as RunManifest, path);
  throw new AmrError({
    what: path,
    got: fault,
    expected: 'the file that train writes beside a checkpoint at its end',
    hint: 'name a checkpoint where train wrote it, or end its run with --resume',
  });
}

/** What keeps a file from being the manifest of the run whose checkpoint lies beside it; null: nothing. */
function faultOf(read: ReadSigned<RunManifest> | null, checkpointPath: string): string | null {
  const { state, content } = read ?? { state: 'unsigned', content: {} };
  if (state === 'changed') return 'a manifest that is not as it was written';
  const isKnown = content.format === (state === 'whole' ? format : earlierFormat);
  if (!isKnown || manifestShape(content, '') !== null) return 'no manifest of a run';
  const [written, found] = [content.checkpoint ?? null, identityOf(checkpointPath)];
  const isOther = written !== null && found !== null && written !== found;
  return isOther ? 'the manifest of another run than the checkpoint beside it' : null;
}

/** What a run was stands beside its checkpoint, so that a pipe or a device cannot be one. */
function requireRunFile(path: string): void {
  const facts = statSync(path);
  if (facts.isFile()) return;
  throw new AmrError({
    what: `checkpoint ${path}`,
    got: facts.isDirectory() ? 'a folder' : facts.isFIFO() ? 'a pipe' : 'no file',
    expected: 'the file of a run, with its manifest beside it',
    hint: facts.isDirectory()
      ? `name the file in it, such as ${join(path, checkpointName)}`
      : 'name the file where train wrote it, such as .agentmmrec/runs/NAME/checkpoint.amr',
  });
}

const { text, number, count, scalar, anything, oneOf, orNull, orAbsent, list, values, record } = shapes;
const uses = oneOf('none', 'made', 'permuted');
const metrics = values(number);

/** What `writeRunManifest` writes, and earlier releases wrote. */
const manifestShape = record({
  ...{ checkpoint: orAbsent(orNull(text)), data: text, fingerprint: text, seed: number, startedAtMs: number },
  recipe: record({
    model: text,
    options: values(anything),
    label: orAbsent(text),
    knowledge: uses,
    rerank: orAbsent(uses),
  }),
  knowledge: orNull(
    record({
      ...{
        reasoner: text,
        memoryPath: text,
        options: values(scalar),
        rerankDepth: count,
        rerankWeight: orAbsent(number),
      },
      moments: record({ begin: count, end: count }),
    }),
  ),
  encoders: orAbsent(record({ textModel: text, imageModel: text })),
  feedback: orAbsent(list(record({ period: count, report: anything }))),
  result: orNull(
    record({
      ...{ device: orAbsent(text), reasoner: orAbsent(orNull(text)), epochs: orAbsent(count) },
      ...{ secondsPerEpoch: orAbsent(orNull(number)), peakRssBytes: orAbsent(number) },
      ...{ valid: orAbsent(metrics), test: orAbsent(metrics), testReranked: orAbsent(metrics) },
    }),
  ),
});

function resolved(manifest: RunManifest, path: string): RunManifest {
  const { knowledge, encoders } = manifest;
  const whole = (name: string) => resolve(dirname(path), name);
  return {
    ...manifest,
    ...(encoders && { encoders: eachModel(encoders, whole) }),
    knowledge: knowledge && { ...knowledge, memoryPath: whole(knowledge.memoryPath) },
  };
}

/** A broken manifest keeps its own run from being found, and no other. */
function readable(path: string): { path: string; manifest: RunManifest }[] {
  try {
    return [{ path, manifest: readRunManifest(path) }];
  } catch {
    return [];
  }
}

/** The checkpoint of the newest finished run on this training data in the workspace. @throws AmrError input when there is none */
export function newestRun(workspace: string, data: { name: string; fingerprint: string }): string {
  const runs = join(workspace, 'runs');
  const folders = existsSync(runs) ? readdirSync(runs) : [];
  const finished = folders
    .map((folder) => join(runs, folder, checkpointName))
    .filter((path) => existsSync(path) && existsSync(manifestPath(path)))
    .flatMap((path) => readable(path))
    .filter(({ manifest }) => manifest.fingerprint === data.fingerprint && manifest.result !== null)
    .sort((a, b) => b.manifest.startedAtMs - a.manifest.startedAtMs);
  if (finished.length > 0) return finished[0].path;
  throw new AmrError({
    what: `checkpoint for ${data.name}`,
    got: `no finished run on this data in ${runs}`,
    expected: 'a model trained on it',
    hint: `train one: agentmmrec train --model lightgcn --data ..., or name one with --checkpoint`,
  });
}
