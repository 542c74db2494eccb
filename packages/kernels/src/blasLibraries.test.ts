import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { blasLibraries } from './blasLibraries.js';

const home = mkdtempSync(join(tmpdir(), 'agentmmrec-cublas-'));
afterAll(() => rmSync(home, { recursive: true }));

function place(path: string): string {
  const whole = join(home, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, '');
  return whole;
}

test('what is asked for stands alone, before AMR_CUBLAS; none is none', () => {
  const environment = { library: '/opt/other.so', roots: [] };
  expect(blasLibraries('/mine.so', environment)).toEqual(['/mine.so']);
  expect(blasLibraries(undefined, environment)).toEqual(['/opt/other.so']);
  expect(blasLibraries('', environment)).toEqual([]);
  expect(blasLibraries(undefined, { library: 'none', roots: [] })).toEqual([]);
});

test('else the loader, then toolkits, then where wheels of Python put it, newest release first', () => {
  const toolkit = place('cuda/lib64/libcublas.so.12');
  const wheel = place('venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublas.so.12');
  const newer = place('venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13');
  const torch = place('venv/lib/python3.12/site-packages/torch/lib/libcublas.so.12');
  place('venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublasLt.so.12');
  const found = blasLibraries(undefined, { roots: [join(home, 'cuda'), join(home, 'venv'), join(home, 'nowhere')] });
  expect(found.filter((path) => !path.startsWith('/') || path.startsWith(home))).toEqual([
    'libcublas.so.13',
    'libcublas.so.12',
    'libcublas.so',
    toolkit,
    newer,
    wheel,
    torch,
  ]);
});
