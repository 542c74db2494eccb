import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { builtAgentmmrec, filesUnder, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** Where a card is in the machine it is hidden, so that the same happens everywhere. */
const env = { CUDA_VISIBLE_DEVICES: '' };
const data = join(folder, 'set');
mkdirSync(data);
const rows = Array.from({ length: 12 * 7 }, (_, at) => {
  const [user, n] = [Math.floor(at / 7), at % 7];
  return `${user}\t${(user + n) % 8}\t${Math.max(0, n - 4)}`;
});
writeFileSync(join(data, 'set.inter'), `userID\titemID\tx_label\n${rows.join('\n')}\n`);

const train = (...words: string[]) =>
  builtAgentmmrec(['train', '--model', 'bpr', '--dimensions', '4', '--epochs', '1', '--data', data, ...words], {
    cwd: folder,
    env,
  });
/** Why no card can be used: by the build, the driver or the machine. */
const why = /(this build has no CUDA back end|no NVIDIA driver|an NVIDIA driver for CUDA|cudaError\w+)/;

test('auto says what it took and why: to people on stderr, to machines in a line before the result', async () => {
  const run = await train('--workspace', 'auto', '--json');
  expect(run).toMatchObject({ code: 0 });
  const lines = run.stderr.split('\n').filter((line) => line.startsWith('device: '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(`^device: cpu, because ${why.source}.* \\(.+, \\d+ threads?\\)$`));
  const objects = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects.filter((object) => typeof object.device === 'object')).toEqual([
    {
      device: {
        name: 'cpu',
        description: expect.stringMatching(/, \d+ threads?$/),
        reason: expect.stringMatching(/^cpu, because /),
      },
    },
  ]);
  expect(objects.at(-1)).toMatchObject({ model: 'bpr', device: expect.stringMatching(/^cpu/) });
});

test('auto with options of the CPU says that they decided; a device asked for needs no explanation', async () => {
  const withThreads = await train('--workspace', 'threads', '--threads', '1');
  expect(withThreads.stderr).toMatch(/^device: cpu, because options of the CPU are given \(.+, 1 thread\)$/m);
  const asked = await train('--workspace', 'asked', '--device', 'cpu');
  expect(asked.code).toBe(0);
  expect(asked.stderr).not.toMatch(/^device: /m);
});

test('cuda where there is none is exit 2 with one sentence, and nothing is written or run elsewhere', async () => {
  const run = await train('--workspace', 'none', '--device', 'cuda');
  expect(run.code).toBe(2);
  expect(run.stdout).toBe('');
  const sentences = run.stderr.split('\n').filter((line) => line.startsWith('agentmmrec: '));
  expect(sentences).toHaveLength(1);
  expect(run.stderr).not.toMatch(/\n\s+at /);
  expect(sentences[0]).toMatch(new RegExp(`^agentmmrec: device cuda: got ${why.source}.*, expected .+ HINT: .+`));
  expect(filesUnder(join(folder, 'none')).filter((file) => file.startsWith('runs'))).toEqual([]);
});
