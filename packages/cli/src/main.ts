import { AmrError } from '@agentmmrec/core';
import { verbs } from './commands/index.js';
import { dispatch, leadingWords } from './dispatch.js';
import { describeFailure } from './session/failure.js';
import { commandLineOf } from './session/session.js';
import { type TerminalStream, terminalLog } from './session/terminal.js';
import { productVersion } from './session/version.js';

/** Where a command line prints, and what stops it. */
export interface Outlets {
  stdout(text: string): void;
  readonly stderr: TerminalStream;
  /** aborted by the first Ctrl-C */
  readonly signal: AbortSignal;
}

/**
 * The whole command: returns the exit code and never throws.
 * 0 done, 1 failed, 2 wrong input, 130 interrupted. The first Ctrl-C lets the work save itself, the second ends it.
 */
export async function main(words: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(130);
    // What is stopped by the signal throws its reason, so every verb ends in this sentence unless it has a better one.
    interruption.abort(interrupted(words));
    process.stderr.write('\ninterrupted: finishing the current step and saving; press Ctrl-C again to stop at once\n');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.stdout.on('error', endOnClosedPipe);
  try {
    const stdout = (text: string): void => void process.stdout.write(text);
    return await execute(words, { stdout, stderr: process.stderr, signal: interruption.signal });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The same apart from the process: a command line to its exit code, a failure to one sentence. */
export async function execute(words: readonly string[], { stdout, stderr, signal }: Outlets): Promise<number> {
  if (words.length === 1 && words[0] === '--version') {
    stdout(`${productVersion()}\n`);
    return 0;
  }
  try {
    await dispatch(verbs, words, { stdout, log: terminalLog(stderr), signal, words });
    return 0;
  } catch (thrown) {
    const failure = describeFailure(thrown);
    stderr.write(`agentmmrec: ${failure.sentence}\n`);
    if (process.env.AMR_DEBUG && thrown instanceof Error) stderr.write(`${thrown.stack}\n`);
    return failure.exitCode;
  }
}

function interrupted(words: readonly string[]): AmrError {
  return new AmrError({
    what: leadingWords(words).join(' '),
    got: 'an interruption',
    expected: 'to run to its end',
    hint: `go on with: ${commandLineOf(words)}`,
    kind: 'interrupted',
  });
}

/** A reader such as `head` that has seen enough is no error. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
