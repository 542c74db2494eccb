import { resolve } from 'node:path';
import type { Log } from '@agentmmrec/core';
import { chooseDevice, type Device, openDevice } from '@agentmmrec/kernels';
import type { GlobalOptions } from './globalOptions.js';

/** The outside world of one run of the command; tests pass their own. */
export interface Surroundings {
  stdout(text: string): void;
  readonly log: Log;
  /** aborted by the first Ctrl-C */
  readonly signal: AbortSignal;
  /** the words after `agentmmrec`, to print the command that goes on */
  readonly words: readonly string[];
}

/** What a verb works with besides its own options. */
export interface Session {
  readonly workspace: string;
  readonly seed: number;
  /** null: as many as the machine has */
  readonly threads: number | null;
  readonly json: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
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

export function openSession(
  options: GlobalOptions,
  positionals: Readonly<Record<string, string>>,
  surroundings: Surroundings,
): Session {
  let device: Device | undefined;
  const { stdout, log, signal, words } = surroundings;
  const emit = (value: object): void => {
    if (options.json) stdout(`${JSON.stringify(value)}\n`);
  };
  return {
    workspace: resolve(options.workspace),
    seed: options.seed,
    threads: options.threads,
    json: options.json,
    log,
    signal,
    positionals,
    commandLine: commandLineOf(words),
    device() {
      if (device) return device;
      const opened = openAsked(options);
      device = opened.device;
      const { name, description } = device;
      if (options.device === 'auto') log.info(`device: ${opened.reason} (${description})`);
      emit({ device: { name, description, reason: opened.reason } });
      return device;
    },
    say: (text) => {
      if (!options.json) stdout(`${text}\n`);
    },
    emit,
  };
}

function openAsked(options: GlobalOptions): { device: Device; reason: string } {
  const threads = options.threads === null ? {} : { threads: options.threads };
  if (options.device === 'auto') return chooseDevice(threads);
  return { device: openDevice(options.device, threads), reason: `${options.device}, because it was asked for` };
}

/** The command as it was typed, in words a shell takes back. */
export function commandLineOf(words: readonly string[]): string {
  return ['agentmmrec', ...words.map(quoted)].join(' ');
}

/** A word as a shell takes it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
