import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, FakeServer, type FakeServerOptions } from '@agentmmrec/fakellm';
import type { AcceptanceContext, CheckOutcome } from './check.js';

/** A small catalog in a folder that is gone afterwards. */
export async function inFolder(
  context: AcceptanceContext,
  work: (folder: string) => Promise<CheckOutcome>,
  [users, items, imageSize] = [60, 40, 32],
): Promise<CheckOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-agents-'));
  try {
    const size = ['--users', String(users), '--items', String(items), '--image-size', String(imageSize)];
    await context.agentmmrec(['data', 'synth', '--out', join(folder, 'catalog'), ...size, '--seed', '7']);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Work beside a fake server of language models that answers every schema. */
export async function beside<T>(options: FakeServerOptions, work: (server: FakeServer) => Promise<T>): Promise<T> {
  const server = await new FakeServer({ answer: ({ schema, bits }) => answerOf(schema, bits), ...options }).start();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Nothing for so long; at once for 0. */
export async function wait(milliseconds: number): Promise<void> {
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
