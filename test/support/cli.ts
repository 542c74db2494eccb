import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execute } from '../../packages/cli/src/main.js';
import { root } from './repository.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = 'packages/cli/bin/agentmmrec.mjs';
const entry = join(root, program);

interface Place {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** of the user that runs it, where this process may choose */
  readonly uid?: number;
  /** the program, where it is a copy */
  readonly entry?: string;
}

/** Runs the built command as a person does. It takes more than a second to start: tests of what a verb does use `agentmmrec`. */
export async function builtAgentmmrec(words: readonly string[], place: Place = {}): Promise<Finished> {
  return await finished(process.execPath, [place.entry ?? entry, ...words], place);
}

/** The built program where every user reaches it, whoever may enter the repository: files are linked, or copied to another disk. */
export function openCopy(): { readonly entry: string; remove(): void } {
  const { folder, remove } = temporaryFolder();
  chmodSync(folder, 0o755);
  for (const part of ['node_modules', 'packages', 'benchmarks', 'prompts', 'native', 'package.json']) {
    const to = dirname(join(folder, part));
    mkdirSync(to, { recursive: true });
    try {
      execFileSync('cp', ['-al', join(root, part), to], { stdio: 'ignore' });
    } catch {
      execFileSync('cp', ['-a', join(root, part), to]);
    }
  }
  return { entry: join(folder, program), remove };
}

let running: Promise<unknown> = Promise.resolve();

/** Runs the command's sources in this process, from its words to its exit code; one after the other, since a process has one folder. */
export function agentmmrec(words: readonly string[], place: Place = {}): Promise<Finished> {
  const run = running.then(() => inPlace(place, () => captured(words)));
  running = run.catch(() => {});
  return run;
}

async function captured(words: readonly string[]): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  const code = await execute(words, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

async function inPlace<T>({ cwd, env }: Place, work: () => Promise<T>): Promise<T> {
  const [folder, environment] = [process.cwd(), { ...process.env }];
  try {
    process.chdir(cwd ?? folder);
    Object.assign(process.env, env);
    return await work();
  } finally {
    process.chdir(folder);
    for (const name of Object.keys(env ?? {})) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
  }
}

/** Runs any program to its end. */
export function finished(program: string, words: readonly string[], place: Place = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      ...place,
      env: { ...process.env, ...place.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The command built but not run, for tests that talk to the running process. */
export function startAgentmmrec(words: readonly string[], cwd: string, place: Pick<Place, 'uid' | 'entry'> = {}) {
  const { uid, entry: program = entry } = place;
  return spawn(process.execPath, [program, ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
  });
}

/** The last line of JSON output. */
export function result(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

/** An empty folder and how to remove it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-e2e-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Every file under a folder, as relative paths. */
export function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(folder.length + 1));
}
