import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { npyOf } from '../../packages/datasets/src/testing/npyBytes.js';
import { agentmmrec, temporaryFolder } from '../support/cli.js';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const data = join(folder, 'set');
mkdirSync(data);
const rows = Array.from({ length: 12 * 7 }, (_, at) => {
  const [user, n] = [Math.floor(at / 7), at % 7];
  return `${user}\t${(user * (n + 1) + n) % 13}\t${Math.max(0, n - 4)}`;
});
writeFileSync(join(data, 'set.inter'), `userID\titemID\tx_label\n${rows.join('\n')}\n`);
const items = new Set(rows.map((row) => row.split('\t')[1])).size;
for (const [modality, width] of Object.entries({ image: 6, text: 5 })) {
  const values = Array.from({ length: items * width }, (_, at) => Math.sin(at * width));
  writeFileSync(join(data, `${modality}_feat.npy`), npyOf(items, width, values));
}

const on = (device: string, verb: string, ...words: string[]) =>
  agentmmrec([verb, '--device', device, '--workspace', join(folder, device.replace(/\W/g, '-')), ...words], {
    cwd: folder,
  });
const train = (device: string, ...words: string[]) =>
  on(device, 'train', '--epochs', '3', '--batch-size', '16', '--data', data, '--json', ...words);
const resultOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

test.each([
  ['lightgcn'],
  ['bpr'],
  // with side views of both modalities; a knowledge memory needs contents, which MMRec's files have none of
  ['agentmmrec', '--compare', 'none', '--dimensions', '64', '--hidden', '32', '--k', '3'],
])('train --model %s --device on two cards has the numbers of one', async (...model) => {
  const [one, two] = [
    await train('cuda-emulated', '--model', ...model),
    await train('cuda-emulated:0,1', '--model', ...model),
  ];
  expect(two).toMatchObject({ code: 0 });
  const { valid, test: tested, device } = resultOf(two.stdout);
  expect(device).toContain('cuda-emulated');
  expect({ valid, test: tested }).toEqual({ valid: resultOf(one.stdout).valid, test: resultOf(one.stdout).test });
  expect(valid).toBeDefined();
});

test('a checkpoint of two cards ranks on others, and the other way round', async () => {
  const workspace = join(folder, 'cuda-emulated-0-1');
  const evaluated = async (device: string) =>
    resultOf(
      (
        await agentmmrec(['evaluate', '--device', device, '--workspace', workspace, '--data', data, '--json'], {
          cwd: folder,
        })
      ).stdout,
    );
  const [two, one, four] = [
    await evaluated('cuda-emulated:0,1'),
    await evaluated('cuda-emulated'),
    await evaluated('cuda-emulated:0,1,2,3'),
  ];
  expect(two.validation).toBeDefined();
  expect([one.validation, four.validation]).toEqual([two.validation, two.validation]);
});

test('bench measures one card', async () => {
  const { code, stderr } = await on('cuda-emulated:0,1', 'bench', '--sizes', 'tiny');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('bench: got 2 cards, expected one card'),
  });
});

test('other models, widths and lists of cards are refused in one sentence with exit 2', async () => {
  const cases: [string, string[], string][] = [
    ['cuda-emulated:0,1', ['--model', 'ease'], 'model ease: got 2 cards'],
    ['cuda-emulated:0,1', ['--model', 'bpr', '--dimensions', '24'], 'got 24 on 2 cards, expected a multiple of 32'],
    ['cuda-emulated:0,7', ['--model', 'bpr'], 'device cuda:7: got a machine with the cards 0 to 3'],
    ['cuda-emulated:0,0', ['--model', 'bpr'], 'numbers of cards, each once'],
    ['cuda:', ['--model', 'bpr'], 'or cuda: and numbers of cards, as in cuda:0,1'],
  ];
  for (const [device, words, sentence] of cases) {
    const { code, stdout, stderr } = await train(device, ...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(sentence) });
    expect(stdout).not.toContain('"epochs"');
  }
});
