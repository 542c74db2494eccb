import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AmrError, type Log } from '@agentmmrec/core';
import { fastestCoreType, searchSeconds } from './blasCore.js';

type Numbers = Float32Array | Int32Array;

/** What a peer is asked to prepare: an operation of `peers/operations.py`, its numbers and its arrays with shapes. */
export interface PeerCase {
  readonly operation: string;
  readonly variant: string;
  readonly parameters: Readonly<Record<string, number | boolean>>;
  readonly arrays: Readonly<Record<string, { readonly data: Numbers; readonly shape: readonly number[] }>>;
}

/** What `measure` asks of the peers. */
export interface Peers {
  /** versions by library name */
  readonly libraries: Readonly<Record<string, string>>;
  /** Loads the case; returns why it cannot run, or null when ready. */
  prepare(peerCase: PeerCase): Promise<string | null>;
  /** Seconds of one run, measured inside the peer. */
  run(): Promise<number>;
  /** The output of the last run, to check that both sides computed the same. */
  result(): Promise<Numbers>;
  close(): void;
}

/**
 * Starts the peers in the Python given; faiss in a process of its own where another core type of OpenBLAS than its own choice is faster.
 * @throws AmrError input when that Python cannot run them
 */
export async function startPeers(
  python: string,
  threads: number,
  inherited: NodeJS.ProcessEnv,
  log: Log,
): Promise<Peers> {
  const environment: NodeJS.ProcessEnv = {
    ...inherited,
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    // The peers make their results anew in every run. Memory that goes back to the system each time costs them more page faults
    // than work (three times the time of a product of 48 MB here); kept, they run at their best.
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  };
  // Libraries choose themselves; for faiss, which may choose badly, all are tried.
  delete environment.OPENBLAS_CORETYPE;
  delete environment.OPENBLAS_L2_SIZE;
  const usual = await Peer.start(python, threads, environment);
  if (!usual.libraries.faiss) return usual;
  log.info('peers: trying core types of OpenBLAS for faiss');
  const coreType = fastestCoreType((name) => searchSeconds(python, threads, environment, name));
  if (coreType === '') return usual;
  const pinned = await Peer.start(python, threads, { ...environment, OPENBLAS_CORETYPE: coreType }).catch((error) => {
    usual.close();
    throw error;
  });
  let asked = usual;
  return {
    libraries: { ...usual.libraries, faiss: `${usual.libraries.faiss} with OPENBLAS_CORETYPE=${coreType}` },
    prepare: (peerCase) => {
      asked = peerCase.variant === 'faiss' ? pinned : usual;
      return asked.prepare(peerCase);
    },
    run: () => asked.run(),
    result: () => asked.result(),
    close: () => {
      usual.close();
      pinned.close();
    },
  };
}

/** A Python process that holds the peers. It computes only while we wait for it; what its threads spin on after that, `measure` waits out. */
class Peer implements Peers {
  private waiting: ((line: string) => void)[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'agentmmrec-bench-'));
  /** versions by library name */
  libraries: Readonly<Record<string, string>> = {};
  // A second Ctrl-C exits at once, in the middle of a case: the peer would reckon on to its end.
  private readonly atExit = () => this.end();

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    process.once('exit', this.atExit);
    createInterface({ input: child.stdout }).on('line', (line) => this.waiting.shift()?.(line));
    child.once('exit', () => {
      for (const answer of this.waiting.splice(0)) answer('{"missing":"the peer process ended"}');
    });
  }

  /** @throws AmrError input when the Python cannot run the peers */
  static async start(python: string, threads: number, environment: NodeJS.ProcessEnv): Promise<Peer> {
    const script = fileURLToPath(new URL('../peers/peer.py', import.meta.url));
    const child = spawn(python, [script], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(-2000);
    });
    const peer = new Peer(child);
    const started = new Promise<never>((_, reject) => child.once('error', reject));
    try {
      const hello = await Promise.race([peer.ask({ do: 'hello', threads }), started]);
      if (!hello.libraries) throw new Error(complaint.trim().split('\n').at(-1) ?? 'no answer');
      peer.libraries = hello.libraries as Record<string, string>;
      return peer;
    } catch (cause) {
      peer.close();
      throw new AmrError({
        what: `--python ${python}`,
        got: cause instanceof Error ? cause.message : String(cause),
        expected: 'a Python with numpy and, for the peers, torch, faiss and scipy',
        hint: 'name another with --python, or leave it out to measure without peers',
        cause,
      });
    }
  }

  async prepare(peerCase: PeerCase): Promise<string | null> {
    const arrays: Record<string, unknown> = {};
    for (const [name, { data, shape }] of Object.entries(peerCase.arrays)) {
      const path = join(this.folder, name);
      writeFileSync(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      arrays[name] = { path, shape, dtype: data instanceof Float32Array ? '<f4' : '<i4' };
    }
    const answer = await this.ask({ do: 'prepare', ...peerCase, arrays });
    return typeof answer.missing === 'string' ? answer.missing : null;
  }

  async run(): Promise<number> {
    return (await this.ask({ do: 'run' })).seconds as number;
  }

  async result(): Promise<Numbers> {
    const path = join(this.folder, 'result');
    const answer = await this.ask({ do: 'result', path });
    const bytes = readFileSync(path);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    return answer.dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
  }

  close(): void {
    process.off('exit', this.atExit);
    this.end();
  }

  private end(): void {
    this.child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private ask(request: object): Promise<Record<string, unknown>> {
    const line = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    return line.then((text) => JSON.parse(text) as Record<string, unknown>);
  }
}
