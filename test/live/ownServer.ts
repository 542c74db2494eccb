import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const script = resolve(import.meta.dirname, '../../../../shared/tools/ollama/start');
/** One thread: the threads of a model wait for each other at every token, and wait for good where others want the processor. */
const PARAMETERS = { num_thread: 1, num_ctx: 4096 };
/** Before what else wants the processor, where that is allowed: the checks have five minutes, however busy the machine is. */
const NICENESS = '-20';
const STOP_MS = 20_000;
const PROBE_MS = 15_000;
/** A server that computes uses more of the processor than this, however many others want it. */
const LEAST_SHARE_AT_WORK = 0.005;

/** What keeps a server of our own from being started, or null. */
export function missingServer(): string | null {
  if (!existsSync(script)) return 'no shared/tools/ollama beside the repository';
  const unpacks = ['xz', 'python3'].some((program) => spawnSync(program, ['--version']).status === 0);
  return unpacks ? null : 'neither xz nor python3, one of which unpacks the server';
}

/** A real Ollama on 127.0.0.1 with its files in a folder of its own. */
export class OwnServer {
  private process: number | null = null;

  private port = 0;
  /** seconds of the processor by process, of those that have ended as they were last seen */
  private readonly used = new Map<number, number>();

  constructor(private readonly folder: string) {}

  /** Starts it for the first time, and makes its two models anew under names that compute on one thread: `text` and `vision`. */
  async open(): Promise<void> {
    this.port = await freePort();
    this.start();
    await this.make('text', 'smollm2', PARAMETERS);
    await this.make('vision', 'qwen2.5vl:tiny', PARAMETERS);
  }

  get host(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again on the same port with the same models. */
  start(): void {
    const command = ['-n', NICENESS, script, this.folder, String(this.port)];
    const { status, stdout, stderr } = spawnSync('nice', command, { encoding: 'utf8' });
    const told = /process (\d+)/.exec(stdout ?? '');
    if (status !== 0 || !told) throw new Error(`the server did not start: ${stderr || stdout}`);
    this.process = Number(told[1]);
  }

  /** Ends it, and waits until it is gone. */
  async stop(): Promise<void> {
    const { process: id } = this;
    if (id === null) return;
    const all = [id, ...descendants(id)];
    this.cpuSeconds();
    this.process = null;
    signalled(id, 'SIGTERM');
    for (const end = Date.now() + STOP_MS; all.some(isAlive) && Date.now() < end; ) await wait(50);
    for (const one of all) if (isAlive(one)) signalled(one, 'SIGKILL');
  }

  /** Makes a model of another one's weights. */
  async make(model: string, from: string, parameters: Readonly<Record<string, number>> = PARAMETERS): Promise<void> {
    await this.manage('POST', 'create', { model, from, parameters, stream: false });
  }

  async remove(model: string): Promise<void> {
    await this.manage('DELETE', 'delete', { model });
  }

  /** Seconds of the processor that it has used so far, models included. */
  cpuSeconds(): number {
    const all = this.process === null ? [] : [this.process, ...descendants(this.process)];
    for (const id of all) this.used.set(id, Math.max(secondsOf(id), this.used.get(id) ?? 0));
    return [...this.used.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  /** What is wrong with the server itself after a wait, or null: it lives, and has computed meanwhile. */
  async trouble(waitedSeconds: number, usedSeconds: number): Promise<string | null> {
    if (this.process === null || !isAlive(this.process)) return 'the server is not running';
    try {
      await fetch(`${this.host}/api/version`, { signal: AbortSignal.timeout(PROBE_MS) });
    } catch {
      return `the server does not say its version within ${PROBE_MS / 1000} s`;
    }
    if (usedSeconds >= waitedSeconds * LEAST_SHARE_AT_WORK) return null;
    return `the server used the processor for ${usedSeconds.toFixed(1)} of ${waitedSeconds.toFixed(0)} s only`;
  }

  private async manage(method: string, path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.host}/api/${path}`, { method, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`/api/${path}: ${response.status} ${await response.text()}`);
    await response.text();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as { port: number };
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** Fields of /proc/ID/stat after the name, or null for a process that is gone. */
function statOf(id: number): readonly string[] | null {
  try {
    return (
      readFileSync(join('/proc', String(id), 'stat'), 'utf8')
        .split(') ')
        .at(-1)
        ?.split(' ') ?? null
    );
  } catch {
    return null;
  }
}

function descendants(id: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = processes.map(Number).filter((one) => statOf(one)?.[1] === String(id));
  return [...children, ...children.flatMap(descendants)];
}

const TICKS_PER_SECOND = 100;

function secondsOf(id: number): number {
  const fields = statOf(id);
  return fields ? (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND : 0;
}

/** One that ended and was not waited for yet is gone. */
function isAlive(id: number): boolean {
  const state = statOf(id)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

function signalled(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch {
    // It ended by itself.
  }
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolved) => setTimeout(resolved, milliseconds));
}
