import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digest } from '@agentmmrec/core';
import { addonFile } from '@agentmmrec/kernels';

/** Packages whose code decides a run's numbers. */
const deciding = [
  ...['core', 'kernels', 'datasets', 'graphs', 'encoders', 'llm', 'memory'],
  ...['autograd', 'models', 'agents', 'training', 'evaluation'],
];

/** Digest of the code that results come from: any change of it makes runs that were finished be run again. */
export function codeVersion(): string {
  const files = deciding.flatMap((name) => {
    const folder = fileURLToPath(new URL('.', import.meta.resolve(`@agentmmrec/${name}`)));
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.js'))
      .sort()
      .map((path) => [`${name}/${path}`, digest(readFileSync(join(folder, path)))]);
  });
  return digest([...files, ['native', nativeDigest()]]).slice(0, 16);
}

/** Of the kernels; what instruction set or card they ran on stands in a run's record. */
function nativeDigest(): string {
  return digest(readFileSync(addonFile()));
}
