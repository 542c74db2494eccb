import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import {
  AmrError,
  fileError,
  isDangerousName,
  parsePlainJson,
  requireFile,
  type Shape,
  shapes,
  writeFileAtomic,
} from '@agentmmrec/core';
import type { MetricName } from '@agentmmrec/evaluation';
import type { Precision } from '@agentmmrec/kernels';

/** What a run is, as far as it decides the bits of its parameters. A checkpoint serves only the run it was made by. */
export interface RunIdentity {
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly data: string;
  /** TrainingData.fingerprint */
  readonly fingerprint: string;
  /** digest of embeddings and graphs made of knowledge; null without knowledge */
  readonly knowledge: string | null;
  readonly reasoner: string | null;
  /** digest of the models that made features and embeddings; absent: hashing and pixels, or nothing was encoded */
  readonly encoders?: string | undefined;
  readonly seed: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** absent: drawn from all items */
  readonly negatives?: string | undefined;
  /** absent: adam */
  readonly optimizer?: string | undefined;
  /** absent: fp32 */
  readonly precision?: Precision | undefined;
  /** epochs in a feedback period, periods with a fold (null = all) and what the hook adds; null without feedback */
  readonly feedback: Readonly<Record<string, unknown>> | null;
}

/** Where the run stands: the next thing to do. */
export interface RunPosition {
  /** counts from 0 */
  readonly epoch: number;
  /** `steps`: train from `step` on; `validation`: all steps are done; `feedback`: validated, the round of the period is due */
  readonly stage: 'steps' | 'validation' | 'feedback';
  readonly step: number;
  /** sum of the losses of the steps already done in this epoch; null for a model without one */
  readonly lossSum: number | null;
}

/** What one epoch came to. */
export interface EpochRecord {
  readonly epoch: number;
  /** mean over the steps; null for a model that is not trained by a loss */
  readonly loss: number | null;
  /** null when the run does not select by validation */
  readonly validation: Readonly<Record<MetricName, number>> | null;
}

/** Values by name, host copies. */
export type Values = Readonly<Record<string, Float32Array>>;

/** The whole state of a run between two steps. Holds no times, so that equal runs write equal bytes. */
export interface Checkpoint {
  readonly identity: RunIdentity;
  /** name of the device it was trained on */
  readonly device: string;
  readonly position: RunPosition;
  readonly history: readonly EpochRecord[];
  readonly feedbackReports: readonly { readonly period: number; readonly report: unknown }[];
  readonly bestEpoch: number | null;
  /** steps taken by each optimizer of the model */
  readonly optimizerSteps: readonly number[];
  readonly parameters: Values;
  /** `<parameter>.m`, `<parameter>.v` */
  readonly optimizer: Values;
  readonly state: Values;
  /** parameters and state of the best epoch; empty when `bestEpoch` is null */
  readonly bestParameters: Values;
  readonly bestState: Values;
}

const magic = 'AMRCKPT\n';
const version = 2;
const prefixBytes = 16;
const digestBytes = 32;

const groupNames = ['parameters', 'optimizer', 'state', 'bestParameters', 'bestState'] as const;
type Group = (typeof groupNames)[number];

interface Header {
  readonly run: Omit<Checkpoint, Group>;
  /** the arrays in the order of the file, lengths in elements */
  readonly arrays: readonly { readonly group: Group; readonly name: string; readonly length: number }[];
}

/**
 * Writes the checkpoint as one file. Little-endian: magic (8 bytes), version (u32), bytes of the header (u32), the header as
 * UTF-8 JSON, the arrays as float32 one after the other, SHA-256 of all that. Not Arrow: a reader of Arrow believes the
 * lengths it finds, so a damaged file can keep it busy for ever; here nothing is read before the digest is right.
 * The old file stays until the new one is whole.
 * @throws AmrError: disk full, no permission; the old file is untouched
 */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const { parameters, optimizer, state, bestParameters, bestState, ...run } = checkpoint;
  const arrays = Object.entries({ parameters, optimizer, state, bestParameters, bestState }).flatMap(
    ([group, values]) => Object.entries(values).map(([name, array]) => ({ group: group as Group, name, array })),
  );
  const header: Header = {
    run,
    arrays: arrays.map(({ group, name, array }) => ({ group, name, length: array.length })),
  };
  const headerBytes = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.write(magic, 'latin1');
  prefix.writeUInt32LE(version, 8);
  prefix.writeUInt32LE(headerBytes.length, 12);
  const parts = [prefix, headerBytes, ...arrays.map(({ array }) => bytesOf(array))];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  writeFileAtomic(path, [...parts, hash.digest()]); // the arrays themselves: they may be most of the memory
}

/**
 * Reads a checkpoint.
 * @throws AmrError input: missing, not a checkpoint, of another version, cut short or damaged, values that are not finite
 */
export function readCheckpoint(path: string): Checkpoint {
  const bytes = readWhole(path);
  if (bytes.length < prefixBytes + digestBytes || bytes.toString('latin1', 0, 8) !== magic) {
    const hint = 'name a file that agentmmrec train wrote';
    throw checkpointError(path, `${bytes.length} bytes of something else`, 'a checkpoint', hint);
  }
  if (bytes.readUInt32LE(8) !== version) {
    const found = `checkpoint version ${bytes.readUInt32LE(8)}`;
    throw checkpointError(path, found, `version ${version}`, 'train again, or use the release that wrote it');
  }
  const content = bytes.subarray(0, bytes.length - digestBytes);
  if (!createHash('sha256').update(content).digest().equals(bytes.subarray(content.length))) {
    const hint = 'the file was damaged or cut short; delete it and train again';
    throw checkpointError(path, 'content that does not match its digest', 'the content that was written', hint);
  }
  const headerEnd = prefixBytes + content.readUInt32LE(12);
  const { run, arrays } = readHeader(path, content, headerEnd);
  const groups = Object.fromEntries(groupNames.map((group) => [group, {} as Record<string, Float32Array>]));
  let at = headerEnd;
  for (const { group, name, length } of arrays) {
    const values = new Float32Array(length);
    content.copy(bytesOf(values), 0, at, at + 4 * length);
    if (!values.every(Number.isFinite)) {
      const hint = 'the file was made by something else, or its training broke; delete it and train again';
      throw checkpointError(path, `values of ${group}.${name} that are no numbers`, 'finite ones', hint);
    }
    groups[group][name] = values;
    at += 4 * length;
  }
  return { ...run, ...(groups as Record<Group, Values>) };
}

/**
 * Whether the curve, the best epoch and the place where a run goes on belong together.
 * @throws AmrError input: they do not, so that the run would skip epochs or keep the wrong one
 */
export function checkPosition(path: string, { history, bestEpoch, position }: CheckpointFacts): void {
  const next = position.stage === 'feedback' ? position.epoch + 1 : position.epoch;
  const fits =
    next === history.length &&
    history.every(({ epoch }, at) => epoch === at) &&
    (bestEpoch === null || history[bestEpoch]?.validation != null);
  if (fits) return;
  const found = `epoch ${position.epoch} (${position.stage}), best ${bestEpoch}, after ${history.length} epochs`;
  const hint = 'the file was made by something else; delete it and train again';
  throw checkpointError(path, found, 'a place that follows from the epochs before it', hint);
}

/** What a checkpoint says of its run, without the arrays. */
export type CheckpointFacts = Omit<Checkpoint, Group>;

/** The header alone, for lists of runs: the digest is not looked at, so it shows a run and never continues one. Null: not readable as one. */
export function readCheckpointFacts(path: string): CheckpointFacts | null {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const prefix = Buffer.alloc(prefixBytes);
    readSync(file, prefix, 0, prefixBytes, 0);
    const length = prefix.readUInt32LE(12);
    const isOurs = prefix.toString('latin1', 0, 8) === magic && prefix.readUInt32LE(8) === version;
    if (!isOurs || length > fstatSync(file).size) return null;
    const header = Buffer.alloc(length);
    readSync(file, header, 0, length, prefixBytes);
    return parseHeader(header.toString('utf8'), (got) => new Error(got)).run;
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The header, where it and the arrays that it lists take the bytes that are there, no more and no less. */
function readHeader(path: string, content: Buffer, headerEnd: number): Header {
  const damaged = (got: string) =>
    checkpointError(
      path,
      got,
      'what agentmmrec train writes',
      'take the file from where it was trained, or train again',
    );
  if (headerEnd > content.length) throw damaged('a header that is longer than the file');
  const header = parseHeader(content.toString('utf8', prefixBytes, headerEnd), damaged);
  const known = new Set<string>();
  let bytes = headerEnd;
  for (const { group, name, length } of header.arrays) {
    const isNamed = groupNames.includes(group) && typeof name === 'string' && !isDangerousName(name);
    if (!isNamed) throw damaged(`an array named ${JSON.stringify([group, name]).slice(0, 80)}`);
    const key = JSON.stringify([group, name]);
    if (known.has(key) || !Number.isSafeInteger(length) || length < 0)
      throw damaged(`the array ${key} twice, or of no length`);
    known.add(key);
    bytes += 4 * length;
  }
  if (bytes === content.length) return header;
  throw damaged(`arrays of ${bytes - headerEnd} bytes, while ${content.length - headerEnd} are there`);
}

function parseHeader(text: string, damaged: (got: string) => Error): Header {
  let header: Partial<Header> | null;
  try {
    header = parsePlainJson(text) as Partial<Header> | null;
  } catch (cause) {
    throw damaged(`a header with ${cause instanceof Error ? cause.message : 'no JSON'}`);
  }
  const fault = headerShape(header, '');
  if (fault === null) return header as Header;
  throw damaged(`a header without the parts of a run: ${fault} is missing or of another kind`);
}

const { text, number, count, scalar, anything, oneOf, orNull, orAbsent, list, values, record } = shapes;
const option: Shape = (value, place) => (Array.isArray(value) ? list(scalar)(value, place) : scalar(value, place));

/** What `writeCheckpoint` writes. */
const headerShape = record({
  run: record({
    identity: record({
      ...{ model: text, options: values(option), data: text, fingerprint: text },
      ...{ knowledge: orNull(text), reasoner: orNull(text), encoders: orAbsent(text) },
      ...{ seed: number, batchSize: number, learningRate: number },
      ...{ negatives: orAbsent(text), optimizer: orAbsent(text), precision: orAbsent(oneOf('fp32', 'tf32', 'bf16')) },
      feedback: orNull(values(anything)),
    }),
    device: text,
    position: record({
      ...{ epoch: count, stage: oneOf('steps', 'validation', 'feedback'), step: count, lossSum: orNull(number) },
    }),
    history: list(record({ epoch: count, loss: orNull(number), validation: orNull(values(number)) })),
    feedbackReports: list(record({ period: count, report: anything })),
    bestEpoch: orNull(count),
    optimizerSteps: list(count),
  }),
  arrays: list(record({ group: text, name: text, length: number })),
});

function readWhole(path: string): Buffer {
  requireFile(path);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileError(`reading checkpoint ${path}`, cause);
  }
}

/** The bytes of the array itself, not a copy. */
function bytesOf(array: Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

function checkpointError(path: string, got: string, expected: string, hint: string): AmrError {
  return new AmrError({ what: `checkpoint ${path}`, got, expected, hint });
}
