// Assembles the folder that `npm pack` turns into the published package: the built JavaScript of every workspace package under
// node_modules, the native and CUDA sources and the prompts. What stays out, and why: packages/cli/README.md.
//     node packages/cli/assemble.mjs FOLDER
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { builtEntry, CURRENT } from './bin/builtEntry.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(process.argv[2] ?? join(root, 'packages/cli/build/package'));
const manifestOf = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
const isInternal = (name) => name.startsWith('@agentmmrec/');
const leftOut = ['onnxruntime-node'];

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const cli = manifestOf(join(root, 'packages/cli'));
const native = manifestOf(join(root, 'native'));
const platforms = JSON.parse(readFileSync(join(root, 'native/platforms.json'), 'utf8'));
const inner = [
  ...readdirSync(join(root, 'packages'))
    .filter((name) => name !== 'cli')
    .map((name) => join('packages', name)),
  'benchmarks',
  'test/fakellm', // the server that the benchmark of agents asks
];
const manifests = [cli, native, ...inner.map((path) => manifestOf(join(root, path)))];
// What the workspace holds to one version is held to it at the reader's too: npm takes overrides of the root alone.
const { overrides } = manifestOf(root);
const external = Object.assign({}, ...manifests.map((manifest) => manifest.dependencies), overrides);

for (const path of inner) copyBuilt(join(root, path), join(folder, 'node_modules', manifestOf(join(root, path)).name));
copyNative(join(folder, 'node_modules/@agentmmrec/native'));
copyBuilt(join(root, 'packages/cli'), folder);
copyBundle(join(folder, 'dist/bundle'));
cpSync(join(root, 'packages/cli/bin'), join(folder, 'bin'), { recursive: true });
cpSync(join(root, 'prompts'), join(folder, 'prompts'), { recursive: true });
cpSync(join(root, 'benchmarks/peers'), join(folder, 'node_modules/@agentmmrec/benchmarks/peers'), { recursive: true });
for (const file of ['README.md', 'LICENSE']) cpSync(join(root, file), join(folder, file));

const { devDependencies: _, nx: __, ...published } = cli;
writeManifest(folder, {
  ...published,
  engines: manifestOf(root).engines,
  bin: { ...cli.bin, 'agentmmrec-build': './node_modules/@agentmmrec/native/native/compile.mjs' },
  scripts: { install: 'node node_modules/@agentmmrec/native/native/compile.mjs --unless-prebuilt' },
  dependencies: {
    ...Object.fromEntries(
      Object.entries(external)
        .filter(([name]) => !isInternal(name) && !leftOut.includes(name))
        .sort(),
    ),
    ...internalVersions(),
  },
  bundleDependencies: Object.keys(internalVersions()),
  // npm takes the one whose os, cpu and libc fit. It cannot see a card, so the package with CUDA is asked for by name.
  optionalDependencies: prebuilt(({ cuda }) => !cuda),
  ...optionalPeers(external),
});

/** Prebuilt packages, held to this version. */
function prebuilt(isMeant) {
  return Object.fromEntries(
    platforms.filter(isMeant).map(({ name }) => [`@agentmmrec/native-${name}`, native.version]),
  );
}

/** What a reader may install beside the package. */
function optionalPeers(dependencies) {
  const libraries = Object.entries(dependencies).filter(([name]) => leftOut.includes(name));
  const peers = [...libraries, ...Object.entries(prebuilt(({ cuda }) => cuda))];
  return {
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: Object.fromEntries(peers.map(([name]) => [name, { optional: true }])),
  };
}

function internalVersions() {
  return Object.fromEntries(
    manifests.filter(({ name }) => isInternal(name)).map(({ name, version }) => [name, version]),
  );
}

function copyBuilt(from, to) {
  cpSync(join(from, 'dist'), join(to, 'dist'), {
    recursive: true,
    filter: (path) => !/(\.(map|tsbuildinfo)$|[\\/](testing|bundle)$)/.test(path),
  });
  const { dependencies = {}, devDependencies: _, nx: __, ...manifest } = manifestOf(from);
  const kept = Object.entries(dependencies).filter(([name]) => !leftOut.includes(name));
  writeManifest(to, { ...manifest, dependencies: Object.fromEntries(kept), scripts: undefined });
}

/** The bundle of what is compiled now, and that it is what the command runs, since nobody compiles there. */
function copyBundle(to) {
  const dist = join(root, 'packages/cli/dist');
  const entry = builtEntry(dist);
  const name = relative(join(dist, 'bundle'), dirname(entry ?? ''));
  if (entry === undefined || name.startsWith('..')) {
    throw new Error(`${dist}: got no bundle of what is compiled, expected one. HINT: npm run build`);
  }
  cpSync(dirname(entry), join(to, name), { recursive: true, filter: (path) => !path.endsWith('.map') });
  writeFileSync(join(to, CURRENT), `${JSON.stringify({ entry: `${name}/main.js`, madeOf: {} })}\n`);
}

/** The sources beside each other as in the repository: native/CMakeLists.txt looks for ../cuda. */
function copyNative(to) {
  const sourcesOnly = (path) => !/[\\/](build|bundle|node_modules|test)([\\/]|$)/.test(path.slice(root.length));
  cpSync(join(root, 'native'), join(to, 'native'), { recursive: true, filter: sourcesOnly });
  cpSync(join(root, 'cuda'), join(to, 'cuda'), { recursive: true, filter: sourcesOnly });
  writeManifest(to, { ...native, main: './native/load.cjs', scripts: undefined, nx: undefined });
}

function writeManifest(to, manifest) {
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

console.log(folder);
