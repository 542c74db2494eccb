import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { type Finished, finished } from '../support/cli.js';
import { root } from '../support/repository.js';
import { type Toy, toys } from './toys.js';

// What CONTRIBUTING promises about additions, tried: a toy of each kind is added to a copy of the sources, what it touched is
// counted, and the copy is used.

let copy: string;
let sources: ReturnType<typeof childSources>;

beforeAll(() => {
  // Where third-party packages are found by climbing.
  const cache = join(root, 'node_modules/.cache/agentmmrec-tests');
  mkdirSync(cache, { recursive: true });
  copy = mkdtempSync(join(cache, 'promises-'));
  const isSource = (path: string) => !/(^|\/)(dist|build|node_modules)(\/|$)/.test(path.slice(root.length));
  for (const part of ['packages', 'native', 'tsconfig.base.json', 'prompts']) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: isSource });
  }
  for (const toy of Object.values(toys)) add(toy);
  sources = childSources(readdirSync(join(copy, 'packages')), copy);
}, 240_000);

afterAll(() => {
  sources?.remove();
  rmSync(copy, { recursive: true, force: true });
});

function add({ files, edits }: Toy): void {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(copy, file), text);
  for (const { file, find, replace } of edits) {
    const before = readFileSync(join(copy, file), 'utf8');
    expect({ file, found: before.split(find).length - 1 }).toEqual({ file, found: 1 });
    writeFileSync(
      join(copy, file),
      before.replace(find, () => replace),
    );
  }
}

/** The places of a file of the copy that differ from the repository's, import lines aside. */
function changedPlaces(file: string): number {
  const words = ['diff', '--no-index', '--unified=0', join(root, file), join(copy, file)];
  const difference = (() => {
    try {
      return execFileSync('git', words, { encoding: 'utf8' });
    } catch (error) {
      return (error as { stdout: string }).stdout; // exit 1 where they differ
    }
  })();
  const hunks = difference.split(/^@@ .*$/m).slice(1);
  return hunks.filter((hunk) => hunk.split('\n').some((line) => /^[+-]/.test(line) && !/^[+-]import /.test(line)))
    .length;
}

const numbers = ['no', 'one', 'two', 'three', 'four', 'five'];

/** What CONTRIBUTING says: `**A kernel: three files and two lines.**` */
function promised(kind: string): { files: number; lines: number } {
  const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const said = new RegExp(`\\*\\*${kind}: (\\w+) files? and (\\w+) (?:lines?|entry|entries)\\b`).exec(contributing);
  return { files: numbers.indexOf(said?.[1] ?? ''), lines: numbers.indexOf(said?.[2] ?? '') };
}

test.each(Object.values(toys).map((toy) => [toy.kind, toy] as const))(
  '%s touches what CONTRIBUTING says',
  (kind, toy) => {
    const edited = [...new Set(toy.edits.map(({ file }) => file))];
    const lines = edited.reduce((sum, file) => sum + changedPlaces(file), 0);
    expect({ files: Object.keys(toy.files).length, lines }).toEqual(promised(kind));
  },
);

test('with all of them the sources still have their types', () => {
  const touched = Object.values(toys).flatMap(({ files, edits }) => [
    ...Object.keys(files),
    ...edits.map(({ file }) => file),
  ]);
  const compilerOptions = {
    composite: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    paths: { '@agentmmrec/benchmarks': ['./nothing.d.ts'], '@agentmmrec/*': ['./packages/*/src/index.ts'] },
  };
  writeFileSync(join(copy, 'nothing.d.ts'), 'declare const nothing: any; export = nothing;\n');
  const files = touched.filter((file) => file.endsWith('.ts') && !file.startsWith('packages/cli/src/commands/index'));
  writeFileSync(
    join(copy, 'tsconfig.json'),
    JSON.stringify({ extends: './tsconfig.base.json', compilerOptions, files }),
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  let said = '';
  try {
    said = execFileSync(process.execPath, [compiler, '-p', copy], { encoding: 'utf8' });
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  expect(said).toBe('');
});

describe('in use', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'agentmmrec-promises-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function node(script: string, ...words: string[]): Promise<Finished> {
    const file = join(sources.folder, `script-${words.length}-${script.length}.mjs`);
    writeFileSync(file, script);
    return await finished(process.execPath, [file, ...words], { cwd: folder });
  }

  /** The command line of the copy. */
  async function command(...words: string[]): Promise<string> {
    const script = `import { main } from './node_modules/agentmmrec/main.js';\nprocess.exitCode = await main(process.argv.slice(2));\n`;
    const { code, stdout, stderr } = await node(script, ...words);
    expect({ words, code, stderr: code === 0 ? '' : stderr }).toEqual({ words, code: 0, stderr: '' });
    return stdout;
  }

  test('the format is read, the model trained on it, named by help, and recommends', async () => {
    const lines = Array.from({ length: 60 }, (_, user) =>
      Array.from({ length: 8 }, (_, n) => `u${user} i${(user % 2) + 2 * ((user + 3 * n) % 12)}`).join('\n'),
    );
    mkdirSync(join(folder, 'shop'));
    writeFileSync(join(folder, 'shop/clicks.toy'), `${lines.join('\n')}\n`);
    expect(await command('data', 'prepare', '--from', 'shop', '--name', 'shop', '--format', 'toy')).toContain(
      '60 users',
    );
    const flags = [
      '--data',
      'shop',
      '--epochs',
      '3',
      '--compare',
      'none',
      '--device',
      'cpu',
      '--threads',
      '1',
      '--json',
    ];
    const trained = JSON.parse(
      (await command('train', '--model', 'toyFactors', ...flags)).trim().split('\n').at(-1) ?? '',
    );
    expect(JSON.stringify(trained)).toContain('toyFactors');
    expect(await command('train', '--model', 'toyFactors', '--help')).toContain('toyFactors');
    expect(await command('recommend', '--data', 'shop', '--user', 'u1', '-k', '3')).toMatch(/i\d+/);
  }, 120_000);

  test('the verb is in the overview, has its help and runs', async () => {
    expect(await command('--help')).toContain('say hello');
    expect(await command('toy', 'greet', '--help')).toContain('--name');
    expect(await command('toy', 'greet', '--name', 'Grace')).toBe('hello Grace\n');
  });

  test('the server is a choice of the command line and answers through the client', async () => {
    expect(await command('knowledge', 'build', '--help')).toContain('toyParrot');
    const { stdout, stderr } = await node(`
      import { openServers } from './node_modules/@agentmmrec/llm/servers/index.js';
      const [server] = openServers('toyParrot', {}, { environment: {} });
      const { text } = await server.complete({ turns: [{ role: 'user', text: 'polly', images: [] }] }, AbortSignal.timeout(1000));
      console.log(text, (await server.identity(AbortSignal.timeout(1000))).model);`);
    expect({ stdout, stderr }).toEqual({ stdout: 'polly parrot\n', stderr: '' });
  });

  test('the kernel is checked by its cases on the reference; a device that was built before says that it lacks it', async () => {
    const { stdout, stderr } = await node(`
      import { definitions, openDevice, specs } from '@agentmmrec/kernels';
      import { checkParity } from './node_modules/@agentmmrec/kernels/testing/parity.js';
      const spec = specs.find(({ name }) => name === 'toyHalf');
      const device = openDevice('reference');
      console.log(spec.cases().filter((one) => checkParity(spec, one, device) !== undefined).length);
      const out = new Float32Array(2);
      device.kernels.toyHalf({ out, x: Float32Array.of(3, -4) });
      console.log(...out, definitions.toyHalf.bytes.count({ out, x: out }));
      try { openDevice('cpu').kernels.toyHalf({ out, x: out }); } catch (error) { console.log(error.message); }`);
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringMatching(/^0\n1.5 -2 16\ntoyHalf: got no such kernel on cpu/),
      stderr: '',
    });
  });

  test('its C++ fills a place of the table and of the addon, and computes', async () => {
    const native = join(copy, 'native');
    const headers = readdirSync(join(native, 'kernels')).filter((name) => name.endsWith('.h'));
    writeFileSync(join(native, 'allKernels.h'), headers.map((name) => `#include "kernels/${name}"\n`).join(''));
    writeFileSync(
      join(native, 'tryToy.cpp'),
      `#include <cstdio>
#include "runtime/table.h"
namespace amr::scalar { void toyHalf(const ToyHalf&, const Workers&); }
int main() {
  const amr::KernelTable table{.toyHalf = amr::scalar::toyHalf};
  float out[3] = {}, x[3] = {3, -4, 5};
  table.toyHalf({out, x, 3}, amr::Workers(2));
  std::printf("%g %g %g\\n", out[0], out[1], out[2]);
}
`,
    );
    const compile = async (...words: string[]) => {
      const options = ['-std=c++20', '-O1', '-pthread', '-I', native, '-DAMR_ISA=scalar', '-DAMR_ISA_scalar=1'];
      const { code, stderr } = await finished(process.env.CXX ?? 'c++', [...options, ...words], { cwd: native });
      expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
    };
    const runtime = ['runtime/workers.cpp', 'runtime/processors.cpp'];
    await compile('-ffp-contract=off', 'tryToy.cpp', 'kernels/toyHalf.cpp', ...runtime, '-o', 'tryToy');
    await compile('-fsyntax-only', 'runtime/table/table.cpp');
    const include = (name: string) => dirname(join(root, 'node_modules', name, 'package.json'));
    const node = ['-isystem', join(include('node-api-headers'), 'include'), '-isystem', include('node-addon-api')];
    await compile('-fsyntax-only', '-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS', ...node, 'addon/addon.cpp');
    expect((await finished(join(native, 'tryToy'), [])).stdout).toBe('1.5 -2 2.5\n');
  }, 120_000);
});
