import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { experiments } from '@agentmmrec/experiments';
import { answerOf, FakeServer } from '@agentmmrec/fakellm';

/**
 * `npm run studies`: every study on a drawn catalog, and its pages into benchmarks/reports/experiments, in place of those that lie there;
 * pages of other data are written anew from their results. The address of the server without sense stands in a page, so it is always the same.
 */
const root = resolve(import.meta.dirname, '../../..');
const kept = join(root, 'benchmarks/reports/experiments');
const data = 'demo-catalog';
const PORT = 11_599;
const shared = [
  ...['--reasoner', 'extractive', '--seeds', '2', '--epochs', '30', '--patience', '5', '--batch-size', '1024'],
  ...['--learning-rate', '0.005', '--models', 'agentmmrec,bpr,vbpr,lightgcn,freedom', '--threads', '1'],
];
/** What a study is asked for besides: few draws where its grid is large, and knowledge by a server that answers without reading. */
const further: Readonly<Record<string, readonly string[]>> = {
  comparison: ['--search', 'random', '--trials', '4'],
  backbones: ['--backbones', `extractive,ollama/blind@http://127.0.0.1:${PORT}`],
};

// What is finished stays here: the same command goes on after a stop, and begins anew where the code has changed since.
const folder = join(root, 'build/studies');
const server = new FakeServer({ model: 'blind', answer: ({ schema, bits }) => answerOf(schema, bits) });
try {
  server.port = PORT;
  await server.start();
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, data))) {
    await agentmmrec(['data', 'synth', '--out', data, '--users', '200', '--items', '120']);
  }
  const reports = join(folder, '.agentmmrec/reports');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  for (const name of jsonIn(kept))
    if (dataOf(join(kept, name)) !== data) copyFileSync(join(kept, name), join(reports, name));
  for (const { name } of experiments) {
    const started = performance.now();
    await agentmmrec(['experiment', name, '--data', data, ...shared, ...(further[name] ?? [])]);
    console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  await agentmmrec(['report']);
  for (const name of jsonIn(kept)) {
    if (dataOf(join(kept, name)) !== data) continue;
    for (const ending of ['json', 'html', 'md', 'csv', 'tex'])
      rmSync(join(kept, name.replace(/json$/, ending)), { force: true });
  }
  for (const name of readdirSync(reports)) copyFileSync(join(reports, name), join(kept, name));
} finally {
  await server.stop();
}

function jsonIn(of: string): string[] {
  return readdirSync(of).filter((name) => name.endsWith('.json'));
}

function dataOf(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { data: { name: string } }).data.name;
}

/** The built command in the folder of the studies. */
async function agentmmrec(words: readonly string[]): Promise<void> {
  const shim = join(root, 'packages/cli/bin/agentmmrec.mjs');
  const child = spawn(process.execPath, [shim, ...words], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((ended) => child.on('close', ended));
  if (code !== 0) throw new Error(`agentmmrec ${words.join(' ')} ended with code ${code}`);
}
