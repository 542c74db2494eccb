// Caches of language models' answers with damaged pages.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResponseCache } from '@agentmmrec/llm';

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 1_000 };

/** @returns reads and writes one damaged cache */
export async function prepare(folder) {
  const path = join(folder, 'responses.sqlite');
  const whole = filledCache(path);
  return (random) => {
    const bytes = Buffer.from(whole);
    for (let n = 1 + random.integer(8); n > 0; n--)
      bytes[random.integer(bytes.length)] = [0, 128, 255, random.integer(256)][random.integer(4)];
    for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
    writeFileSync(path, random.integer(20) === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
    const cache = new ResponseCache(path);
    try {
      for (let n = 0; n < 40; n++) cache.get(`key ${n}`);
      cache.failures();
      cache.failure('key 1');
      cache.stats();
      cache.rate();
      put(cache, 41);
    } finally {
      cache.close();
    }
  };
}

function filledCache(path) {
  const cache = new ResponseCache(path);
  for (let n = 0; n < 40; n++) {
    put(cache, n);
    const failure = {
      key: `key ${n}`,
      task: 't',
      fault: 'malformed',
      problem: 'é',
      answer: 'x',
      attempt: 1,
      imageLevel: 0,
    };
    cache.recordFailure(failure);
  }
  cache.close();
  return readFileSync(path);
}

function put(cache, n) {
  const identity = { provider: 'p', model: 'm', modelDigest: 'd', serverVersion: '1', reproducible: true };
  cache.put(
    `key ${n}`,
    { text: `answer ${n} é`, usage: { inputTokens: 1, outputTokens: 2 }, elapsedMs: 3, fingerprint: 'f' },
    { task: 't', identity, server: 's', template: { id: 'i', hash: 'h' }, attempt: 1, imageLevel: 0 },
  );
}
