import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Csr } from '@agentmmrec/core';

const script = fileURLToPath(new URL('../../peers/cudaPeer.py', import.meta.url));

/** An operation of peers/cudaPeer.py. */
export interface PeerOperation {
  readonly operation: string;
  readonly numbers: Readonly<Record<string, number>>;
}

interface Answer {
  readonly missing?: string;
  readonly singly?: string;
  readonly versions?: string;
  readonly seconds?: number;
}

/**
 * torch on the same card, in a process that works only when it is asked: its sparse products are cuSPARSE's, its dense ones cuBLAS's. What
 * stands in the way is named and no error.
 */
export class CudaPeer {
  private readonly waiting: ((line: string) => void)[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'agentmmrec-card-'));
  private ended = '';

  private constructor(private readonly child: ReturnType<typeof spawn>) {
    let complaint = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      complaint = `${complaint}${bytes}`.slice(-2000);
    });
    const end = (why: string) => {
      this.ended ||= why;
      for (const answer of this.waiting.splice(0)) answer(JSON.stringify({ missing: this.ended }));
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', () => end(complaint.trim().split('\n').at(-1) || 'the peer process ended'));
    child.stdin?.on('error', () => {}); // the exit says why
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.waiting.shift()?.(line));
  }

  /** The peer and what it is, or why there is none. */
  static async start(
    python: string | null,
    environment: NodeJS.ProcessEnv,
  ): Promise<{ readonly peer: CudaPeer | null; readonly words: string }> {
    if (python === null) return { peer: null, words: 'no Python given (--python)' };
    const peer = new CudaPeer(spawn(python, [script], { env: environment, stdio: 'pipe' }));
    const { missing, versions } = await peer.ask({ do: 'hello' });
    if (versions) return { peer, words: versions };
    peer.close();
    return { peer: null, words: missing ?? 'no answer' };
  }

  /** The graph that `spmm` and the epochs work on from now on. */
  async graph({ offsets, indices, values }: Csr): Promise<void> {
    const place = (name: string, array: Int32Array | Float32Array): string => {
      const path = join(this.folder, name);
      writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return path;
    };
    const weights = values ?? new Float32Array(indices.length).fill(1);
    await this.ask({
      do: 'graph',
      offsets: place('offsets', offsets),
      indices: place('indices', indices),
      values: place('values', weights),
    });
  }

  /** Makes an operation ready: why it cannot run, or why its calls are no graph, where that is so. */
  async prepare(operation: PeerOperation): Promise<{ readonly missing?: string; readonly singly?: string }> {
    const { operation: name, numbers } = operation;
    return await this.ask({ do: 'prepare', operation: name, numbers });
  }

  /** Seconds of one call of what was prepared. */
  async round(): Promise<number> {
    return (await this.ask({ do: 'round' })).seconds ?? Number.NaN;
  }

  close(): void {
    this.child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private ask(request: object): Promise<Answer> {
    if (this.ended) return Promise.resolve({ missing: this.ended });
    const line = new Promise<string>((resolve) => this.waiting.push(resolve));
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return line.then((text) => JSON.parse(text) as Answer);
  }
}
