import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../support/repository.js';

const OPTIONS = ['-std=c++20', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];

/** A library that answers as cuBLAS does, built with the given definitions, and what it was asked since. */
export function cublasStub(name: string, ...definitions: string[]) {
  return stubOf('cublasStub.cpp', name, definitions);
}

/** One that answers as NVTX does, and the ranges it was told. */
export function nvtxStub() {
  return stubOf('nvtxStub.cpp', 'nvtx', []);
}

/** One that answers as NCCL does, built with the given definitions, and what it was asked. */
export function ncclStub(name: string, ...definitions: string[]) {
  return stubOf('ncclStub.cpp', name, definitions);
}

function stubOf(file: string, name: string, definitions: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-stub-'));
  const [library, log] = [join(folder, `${name}.so`), join(folder, `${name}.log`)];
  const source = join(root, 'test/cuda/support', file);
  const defined = [`LOG_PATH="${log}"`, ...definitions].map((definition) => `-D${definition}`);
  execFileSync('c++', [...OPTIONS, ...defined, source, '-o', library]);
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
  return {
    library,
    calls: (kind: string) => lines().filter((line) => line.startsWith(kind)),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
