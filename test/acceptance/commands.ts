import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { AcceptanceContext, ProgramResult } from './check.js';

export function acceptanceContext(root: string, python: string | null, say: (text: string) => void): AcceptanceContext {
  const data = join(root, '../shared/data');
  const run = (program: string, words: readonly string[], folder = root) => runProgram(program, words, folder);
  return {
    root,
    data: existsSync(data) ? data : null,
    python,
    run,
    say,
    async agentmmrec(words) {
      const shim = join(root, 'packages/cli/bin/agentmmrec.mjs');
      const finished = await run(process.execPath, [shim, ...words, '--json']);
      if (finished.exitCode !== 0) {
        throw new AmrError({
          what: `agentmmrec ${words.join(' ')}`,
          got: `exit ${finished.exitCode}: ${finished.output.trim().split('\n').at(-1)}`,
          expected: 'exit 0',
          hint: 'run it by hand',
          kind: 'failed',
        });
      }
      const lines = finished.output.split('\n').filter((line) => line.startsWith('{'));
      return { result: JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>, seconds: finished.seconds };
    },
  };
}

/** Standard output and error together, in the order of arrival. */
function runProgram(program: string, words: readonly string[], folder: string): Promise<ProgramResult> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const append = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, output, seconds: (performance.now() - started) / 1000 });
    });
  });
}
