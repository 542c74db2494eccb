import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { blasEnvironment } from './native.js';

/** The releases whose interface we know, newest first. */
const NAMES = ['libcublas.so.13', 'libcublas.so.12', 'libcublas.so'];
const SYSTEM = ['/usr/local', '/usr', '/usr/local/cuda', '/opt/conda'];
/** Below the packages of a Python: where NVIDIA's wheels and torch put it. */
const IN_PACKAGES = ['nvidia/cu13/lib', 'nvidia/cublas/lib', 'torch/lib'];

/**
 * Where cuBLAS may be, in the order to try: what is asked for alone (`none` and '' for nothing), `AMR_CUBLAS` alone, or what the loader
 * finds by name, then CUDA toolkits, then the packages of Python environments: wheels bring it where no toolkit is installed.
 */
export function blasLibraries(asked: string | undefined, environment = blasEnvironment()): string[] {
  const named = asked ?? environment.library;
  if (named !== undefined) return named === '' || named === 'none' ? [] : [named];
  const roots = [...environment.roots, ...SYSTEM];
  const packages = roots.flatMap((root) => pythonPackages(join(root, 'lib')));
  const folders = [
    ...roots.flatMap((root) => [join(root, 'lib64'), join(root, 'lib')]),
    ...packages.flatMap((folder) => IN_PACKAGES.map((inside) => join(folder, inside))),
  ];
  return [...NAMES, ...folders.flatMap(librariesIn)];
}

/** `python3.12/site-packages` and its like. */
function pythonPackages(folder: string): string[] {
  const pythons = entries(folder).filter((name) => /^python3(\.\d+)?$/.test(name));
  return pythons.flatMap((name) => ['site-packages', 'dist-packages'].map((packages) => join(folder, name, packages)));
}

function librariesIn(folder: string): string[] {
  const present = new Set(entries(folder));
  return NAMES.filter((name) => present.has(name)).map((name) => join(folder, name));
}

/** The names in a folder; none where there is no such folder or it is not ours to read. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
