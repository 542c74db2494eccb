import { AmrError, dropUnfinished, printable } from '@agentmmrec/core';
import { verbs } from './commands/index.js';
import { dispatch, leadingWords } from './dispatch.js';
import { describeFailure } from './session/failure.js';
import { commandLineOf } from './session/session.js';
import { type RepeatAction, type TerminalStream, terminalLog } from './session/terminal.js';
import { productVersion } from './session/version.js';

/** Where a command line prints, and what stops it. */
export interface Outlets {
  stdout(text: string): void;
  /** of the terminal that stdout is, if it is one */
  readonly columns?: number;
  readonly stderr: TerminalStream;
  /** of progress; default: the machine's */
  readonly clock?: { readonly now: () => number; readonly every: RepeatAction };
  /** aborted by the first Ctrl-C */
  readonly signal: AbortSignal;
  /** told when the work takes the signal, and what it does then */
  signalTaken?(stopping: string): void;
}

/**
 * The whole command: returns the exit code and never throws.
 * 0 done, 1 failed, 2 wrong input, 130 interrupted. The first Ctrl-C lets work that can save itself do so, and ends any other; the
 * second ends it all.
 */
export async function main(words: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  /** what the work does with the first interruption; null: it ends at once */
  let stops: string | null = null;
  const interrupt = (): void => {
    if (stops === null && !interruption.signal.aborted) {
      process.stderr.write(`\nagentmmrec: ${printable(interrupted(words).message)}\n`);
    }
    if (stops === null || interruption.signal.aborted) {
      dropUnfinished();
      process.exit(130);
    }
    // What is stopped by the signal throws its reason, so every verb ends in this sentence unless it has a better one.
    interruption.abort(interrupted(words));
    process.stderr.write(`\ninterrupted: ${stops}; press Ctrl-C again to stop at once\n`);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.stdout.on('error', endOnClosedPipe);
  try {
    const stdout = (text: string): void => void process.stdout.write(text);
    const signalTaken = (stopping: string): void => {
      stops = stopping;
    };
    const { columns } = process.stdout;
    return await execute(words, {
      stdout,
      ...(columns && { columns }),
      stderr: process.stderr,
      signal: interruption.signal,
      signalTaken,
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The same apart from the process: a command line to its exit code, a failure to one sentence. */
export async function execute(words: readonly string[], outlets: Outlets): Promise<number> {
  const { stdout, columns, stderr, clock, signal, signalTaken } = outlets;
  if (words.length === 1 && words[0] === '--version') {
    stdout(`${productVersion()}\n`);
    return 0;
  }
  try {
    const log = terminalLog(stderr, clock?.now, clock?.every);
    await dispatch(verbs, words, {
      stdout,
      ...(columns && { columns }),
      log,
      signal,
      words,
      ...(signalTaken && { signalTaken }),
    });
    return 0;
  } catch (thrown) {
    const failure = describeFailure(thrown);
    stderr.write(`agentmmrec: ${printable(failure.sentence)}\n`);
    if (process.env.AMR_DEBUG && thrown instanceof Error) stderr.write(`${printable(String(thrown.stack))}\n`);
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
