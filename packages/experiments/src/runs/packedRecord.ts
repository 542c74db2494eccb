import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Evaluation } from '@agentmmrec/evaluation';
import type { RunRecord } from '../study/runRecord.js';

/** A record as JSON: every user's values as base64 of deflated little-endian float64: nothing is rounded, and most values repeat. */
export function packRecord(record: RunRecord): unknown {
  const { test, testReranked, ...rest } = record;
  return { ...rest, test: pack(test), testReranked: testReranked && pack(testReranked) };
}

export function unpackRecord(packed: unknown): RunRecord {
  const { test, testReranked, ...rest } = packed as PackedRecord;
  return { ...rest, test: unpack(test), testReranked: testReranked && unpack(testReranked) };
}

interface PackedEvaluation {
  readonly userIds: string;
  readonly metrics: Evaluation['metrics'];
  readonly perUser: Readonly<Record<string, string>>;
  readonly coldUsers: number;
}

type PackedRecord = Omit<RunRecord, 'test' | 'testReranked'> & {
  readonly test: PackedEvaluation;
  readonly testReranked: PackedEvaluation | null;
};

function pack({ userIds, metrics, perUser, coldUsers }: Evaluation): PackedEvaluation {
  const entries = Object.entries(perUser).map(([name, values]) => [name, base64(values)]);
  return { userIds: base64(userIds), metrics, perUser: Object.fromEntries(entries), coldUsers };
}

function unpack({ userIds, metrics, perUser, coldUsers }: PackedEvaluation): Evaluation {
  const entries = Object.entries(perUser).map(([name, text]) => [name, new Float64Array(bytes(text))]);
  return {
    userIds: new Int32Array(bytes(userIds)),
    metrics,
    perUser: Object.fromEntries(entries) as Evaluation['perUser'],
    coldUsers,
  };
}

function base64(array: Float64Array | Int32Array): string {
  return deflateRawSync(Buffer.from(array.buffer, array.byteOffset, array.byteLength)).toString('base64');
}

/** A buffer of its own: decoded bytes may lie unaligned in a pool. */
function bytes(text: string): ArrayBuffer {
  return Uint8Array.from(inflateRawSync(Buffer.from(text, 'base64'))).buffer;
}
