import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const START_MS = 20_000;

/** What keeps a queue from being tried, or null. */
export function missingRedis(): string | null {
  try {
    execFileSync('redis-server', ['--version']);
    return null;
  } catch {
    return 'no redis-server: apt-get install redis-server';
  }
}

/** A Redis on 127.0.0.1 that keeps every write; it can die and come back on the same port. */
export class RedisServer {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(folder, await freePort());
    server.start();
    for (const end = Date.now() + START_MS; !(await answers(server.port)); ) {
      if (Date.now() > end) throw new Error(`redis-server does not listen on ${server.port}`);
      await wait(20);
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  start(): void {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--appendonly', 'yes'];
    this.process = spawn('redis-server', [...words, '--appendfsync', 'always', '--save', ''], { stdio: 'ignore' });
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const { process } = this;
    this.process = null;
    if (!process || process.exitCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
