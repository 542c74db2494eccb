// One fuzzer for a time, in a process of its own: says after each case how far it is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError, RandomStreams } from '@agentmmrec/core';

const [name, seed, seconds, least] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
const counts = { cases: 0, read: 0, refused: 0, mostMs: 0, peakBytes: 0 };
const streams = new RandomStreams(Number(seed));
try {
  const { counted, prepare } = await import(`./fuzzers/${name}.mjs`);
  Object.assign(counts, { of: counted.of, each: counted.each, longestMs: counted.longestMs ?? 10_000 });
  process.send(counts);
  const attempt = await prepare(folder);
  const endMs = Date.now() + 1000 * Number(seconds);
  const enough = least === 'least' ? counted.least : 0;
  while (Date.now() < endMs || counts.cases * counted.each < enough) {
    const startedMs = performance.now();
    counts.unexpected = await outcomeOf(() => attempt(streams.stream(`fuzz ${name}`, counts.cases), counts.cases));
    counts.cases++;
    counts.mostMs = Math.max(counts.mostMs, performance.now() - startedMs);
    counts.peakBytes = 1024 * process.resourceUsage().maxRSS;
    process.send(counts);
    if (counts.unexpected) break;
    // Messages leave, and a kill arrives, only while the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// A fuzzer's servers would keep the process.
process.send(counts, () => process.exit());

async function outcomeOf(work) {
  try {
    await work();
    counts.read++;
  } catch (error) {
    if (!(error instanceof AmrError) || error.kind === 'internal')
      return `${error?.stack ?? error}`.split('\n').slice(0, 3).join(' | ');
    counts.refused++;
  }
  return undefined;
}
