import { resolve } from 'node:path';
import { printable } from '@agentmmrec/core';
import { chooseDevice, type Device, type DeviceChoice, openDevice } from '@agentmmrec/kernels';
import type { GlobalOptions } from '../arguments/globalOptions.js';
import { commandLineOf, type Session, type Surroundings } from './session.js';

/** Loads the kernels: what a command line can get wrong is refused before. */
export function openSession(
  options: GlobalOptions,
  { verb, positionals, stopping }: Pick<Session, 'verb' | 'positionals'> & { readonly stopping: string },
  surroundings: Surroundings,
): Session {
  let device: Device | undefined;
  const { stdout, log, words } = surroundings;
  const emit = (value: object): void => {
    // What a terminal must not get is spelled out as JSON spells it, so the value is the same.
    if (options.json) stdout(`${printable(JSON.stringify(value))}\n`);
  };
  return {
    workspace: resolve(options.workspace),
    seed: options.seed,
    threads: options.threads,
    deviceChoice: options.device,
    json: options.json,
    columns: surroundings.columns ?? Number.POSITIVE_INFINITY,
    log,
    get signal() {
      surroundings.signalTaken?.(stopping);
      return surroundings.signal;
    },
    verb,
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
      if (!options.json) stdout(`${printable(text)}\n`);
    },
    emit,
  };
}

function openAsked(options: GlobalOptions): { device: Device; reason: string } {
  const threads = options.threads === null ? {} : { threads: options.threads };
  if (options.device === 'auto') return chooseDevice(threads);
  return {
    device: openDevice(options.device as DeviceChoice, threads),
    reason: `${options.device}, because it was asked for`,
  };
}
