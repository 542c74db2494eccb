import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RandomStreams } from '@agentmmrec/core';
import type { FakeServer } from '@agentmmrec/fakellm';
import { openMemory } from '@agentmmrec/memory';
import { type KillMoment, killMoment } from './killMoments.js';

/** Calls that may be in flight while a command is killed. */
export const SLOTS = 4;

export interface KilledCommand {
  readonly root: string;
  readonly server: FakeServer;
  /** the command's words, asked anew at each start: a run that has a checkpoint is resumed */
  readonly words: () => readonly string[];
  /** different questions that an uninterrupted run asks */
  readonly questions: number;
  readonly moments: number;
}

/**
 * Runs the built command and kills it with SIGKILL at `moments` moments, one drawn from each equal share of its calls, then
 * lets it end.
 * @returns how often it was killed, and the exit code of the last start
 */
export async function killAtMoments(
  run: KilledCommand,
): Promise<{ kills: number; exitCode: number | null; output: string }> {
  const random = new RandomStreams(5).stream('kills');
  let kills = 0;
  let finished = 0;
  for (let moment = 0; moment < run.moments; moment++) {
    const { questions: calls, moments } = run;
    const when = killMoment(random, { calls, moments, moment, finished });
    const started = await start(run, when, random.integer(20));
    if (!started.killed) return { kills, exitCode: started.exitCode, output: started.output };
    kills++;
    finished = started.answered;
  }
  const never = { place: Number.POSITIVE_INFINITY, answered: Number.POSITIVE_INFINITY };
  const last = await start(run, never, 0);
  return { kills, exitCode: last.exitCode, output: last.output };
}

async function start(run: KilledCommand, { place, answered: most }: KillMoment, delayMs: number) {
  run.server.mostAnswered = most;
  const shim = join(run.root, 'packages/cli/bin/agentmmrec.mjs');
  const child = spawn(process.execPath, [shim, ...run.words()], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, answered, killed] = ['', 0, false];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  run.server.onAnswered = (different) => {
    answered = different;
    if (different < place || killed) return;
    killed = true;
    setTimeout(() => child.kill('SIGKILL'), delayMs);
  };
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  run.server.onAnswered = () => {};
  return { killed: exitCode === null, exitCode, answered, output };
}

/** Everything of a memory that must be equal after a kill: keys, versions in order, content, sources, templates, decisions. */
export function memoryContent(path: string): string {
  const memory = openMemory({ path, fingerprint: null, mode: 'read' });
  try {
    const entries = (['preference', 'property'] as const).flatMap((kind) =>
      [...memory.all(kind)].map(({ entity, version }) => ({
        kind,
        entity,
        version,
        versions: memory.history(kind, entity).map(({ parts, provenance }) => {
          const { interactions, sampledItems, templates, tasks } = provenance;
          return { parts, interactions, sampledItems, templates, tasks };
        }),
        decisions: memory.decisions(kind, entity).map(({ cause, version: decided }) => [cause, decided]),
      })),
    );
    return JSON.stringify(entries);
  } finally {
    memory.close();
  }
}
