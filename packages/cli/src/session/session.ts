import type { Log } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { GlobalOptions } from '../arguments/globalOptions.js';

/** The outside world of one run of the command; tests pass their own. */
export interface Surroundings {
  stdout(text: string): void;
  /** of the terminal that stdout is, if it is one */
  readonly columns?: number;
  readonly log: Log;
  /** aborted by the first Ctrl-C */
  readonly signal: AbortSignal;
  /** told when the verb takes the signal, and what it does then: from then on the first Ctrl-C is the verb's, before it ends the process */
  signalTaken?(stopping: string): void;
  /** the words after `agentmmrec`, to print the command that goes on */
  readonly words: readonly string[];
}

/** What a verb works with besides its own options. */
export interface Session {
  readonly workspace: string;
  readonly seed: number;
  /** null: as many as the machine has */
  readonly threads: number | null;
  /** the device as it was asked for; `device()` opens it */
  readonly deviceChoice: GlobalOptions['device'];
  readonly json: boolean;
  /** of the terminal that stdout is; infinite where it is none: lines are as long as they are */
  readonly columns: number;
  readonly log: Log;
  /**
   * Aborted by the first Ctrl-C. Taking it says that the work is stopped by it and saves itself: until a verb does, Ctrl-C ends it at
   * once.
   */
  readonly signal: AbortSignal;
  /** `train`, `data stats` */
  readonly verb: string;
  readonly positionals: Readonly<Record<string, string>>;
  /** the command line as it was typed, for hints */
  readonly commandLine: string;
  /** The device asked for, opened at the first call, which also says what was taken and why. */
  device(): Device;
  /** Text for people; nothing under --json. */
  say(text: string): void;
  /** One JSON object for machines; nothing without --json. The last one is the result. */
  emit(value: object): void;
}

/** The command as it was typed, in words a shell takes back. */
export function commandLineOf(words: readonly string[]): string {
  return ['agentmmrec', ...words.map(quoted)].join(' ');
}

/** A word as a shell takes it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
