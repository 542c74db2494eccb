import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadAddon } from '../../packages/kernels/src/native.js';
import { root } from '../support/repository.js';

// Which code the addon that was built holds for cards.

const MAGIC = Buffer.from([0x50, 0xed, 0x55, 0xba]);
const PTX = 1;

/** `PTX 90`, `machine 80`: the entries of every fat binary in the file (16 bytes of head, then entries with a head each). */
function codesIn(file: Buffer): Set<string> {
  const found = new Set<string>();
  for (let at = file.indexOf(MAGIC); at >= 0; at = file.indexOf(MAGIC, at + 4)) {
    const end = at + 16 + Number(file.readBigUInt64LE(at + 8));
    if (file.readUInt16LE(at + 6) !== 16 || end > file.length) continue; // the same four bytes by chance
    for (let entry = at + 16; entry < end; ) {
      const kind = file.readUInt16LE(entry) === PTX ? 'PTX' : 'machine';
      found.add(`${kind} ${file.readUInt32LE(entry + 28)}`);
      entry += file.readUInt32LE(entry + 4) + Number(file.readBigUInt64LE(entry + 8));
    }
  }
  return found;
}

const obstacle =
  loadAddon().openCuda === undefined
    ? 'this build has no CUDA'
    : process.env.AMR_CUDA_ARCHITECTURES
      ? 'AMR_CUDA_ARCHITECTURES asks for other code'
      : '';
const run = obstacle ? test.skip : test;

run(`machine code for every generation of cards, PTX for later ones${obstacle && ` (skipped: ${obstacle})`}`, () => {
  const codes = codesIn(readFileSync(join(root, 'native/build/Release/agentmmrec.node')));
  const wanted = ['machine 80', 'machine 90', 'PTX 90'];
  // An nvcc before 12.8 knows neither sm_100 nor sm_120.
  const newest = ['machine 100', 'machine 120'];
  expect([...codes].filter((code) => !newest.includes(code)).sort()).toEqual(wanted.sort());
  expect(newest.filter((code) => codes.has(code)).length).not.toBe(1);
});
