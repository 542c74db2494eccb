import { types } from 'node:util';
import { AmrError, fileError } from '@agentmmrec/core';

export interface Failure {
  readonly sentence: string;
  readonly exitCode: number;
}

/** One sentence and an exit code for anything thrown: 2 for what the person can mend, 130 for an interruption, else 1. */
export function describeFailure(thrown: unknown): Failure {
  if (thrown instanceof AmrError) return { sentence: thrown.message, exitCode: thrown.exitCode };
  // Not `instanceof Error`: Node's own errors come from another realm in tests and worker contexts.
  const error = types.isNativeError(thrown) ? thrown : new Error(String(thrown));
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return describeFailure(fileError(path ?? 'the file system', error));
  const sentence = `internal error: ${error.message.split('\n')[0]}. HINT: run it again with AMR_DEBUG=1 and report what it prints`;
  return { sentence, exitCode: 1 };
}
