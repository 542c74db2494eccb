import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AmrError } from '@agentmmrec/core';

/** What is asked, how often and for how long. */
export interface LoadRequest {
  readonly address: string;
  /** asked in turns */
  readonly paths: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

/** What came of it. Latencies in milliseconds; those that a late answer kept from being asked in time count as late too. */
export interface Load {
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly requests: { readonly average: number };
  readonly non2xx: number;
  readonly errors: number;
}

const program = fileURLToPath(new URL('./offerLoad.js', import.meta.url));

/** Asks a server at a steady rate from a process of its own. @param folder for what that process reads */
export async function load(folder: string, asking: LoadRequest, environment: NodeJS.ProcessEnv): Promise<Load> {
  const generator = autocannon();
  const request = join(folder, 'load.json');
  writeFileSync(request, JSON.stringify(asking));
  const child = spawn(process.execPath, [program, generator, request], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(said) as Load;
}

/** The same load on a server that answers `bytes` constant bytes: what the generator and the machine take by themselves. */
export async function constantLoad(
  folder: string,
  asking: Omit<LoadRequest, 'address'>,
  bytes: number,
  environment: NodeJS.ProcessEnv,
): Promise<Load> {
  const body = JSON.stringify('x'.repeat(bytes));
  const server = createServer((_request, reply) => {
    reply.setHeader('content-type', 'application/json');
    reply.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await load(folder, { ...asking, address: `http://127.0.0.1:${port}` }, environment);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The load generator is no part of the product: it is found where it is installed. */
function autocannon(): string {
  try {
    return import.meta.resolve('autocannon');
  } catch {
    throw new AmrError({
      what: 'the suite serve',
      got: 'no autocannon, which asks many times a second',
      expected: 'it installed',
      hint: 'npm install --no-save autocannon',
      kind: 'failed',
    });
  }
}
