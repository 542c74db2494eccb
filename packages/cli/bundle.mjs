// Puts the compiled command into some hundred files in place of a thousand: Node spends most of the start of a verb on finding and reading
// modules (docs/decisions/one-bundle.md). Run by `npm run build` after the compiler; of what is bundled already nothing is made.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { rolldown, VERSION } from 'rolldown';
import { CURRENT, digestOf } from './bin/builtEntry.mjs';

/** Our own packages but the addon, and Arrow, which alone is 150 files at every start. */
const isBundled = (id) => /^(@agentmmrec\/(?!native$)|apache-arrow$|flatbuffers$|tslib$)/.test(id);
/** Processes that still run load their further files from the bundle that they began with. */
const KEPT_BUNDLES = 3;
const PLACES = 'agentmmrec:places';

/** Where a module lay before it was bundled. */
const placesModule = `
const own = new URL('../../', import.meta.url).href;
const folders = new Map([['agentmmrec', own]]);
export function placeOf(name, path) {
  let folder = folders.get(name);
  if (folder === undefined) {
    folder = new URL('./', import.meta.resolve(name)).href;
    folders.set(name, folder);
  }
  return folder + path;
}
`;

const root = resolve(import.meta.dirname, '../..');
const dist = join(import.meta.dirname, 'dist');
const bundles = join(dist, 'bundle');

const packages = [...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))]
  .concat(join(root, 'benchmarks'), join(root, 'test/fakellm'))
  .map((folder) => ({ folder, name: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name }));
const madeOf = Object.fromEntries(
  packages.map(({ folder }) => {
    const record = join(folder, 'dist/.tsbuildinfo');
    const digest = digestOf(record);
    if (digest === undefined)
      throw new Error(`${record}: got nothing, expected the compiler's record. HINT: npx tsc -b`);
    return [relative(bundles, record), digest];
  }),
);
const name = createHash('sha1')
  .update(JSON.stringify([madeOf, VERSION, digestOf(import.meta.filename)]))
  .digest('hex')
  .slice(0, 12);
if (!existsSync(join(bundles, name))) await makeBundle(join(bundles, name));
writeWhole(join(bundles, CURRENT), JSON.stringify({ entry: `${name}/main.js`, madeOf }, null, 2));
clearOld();

async function makeBundle(folder) {
  const started = `${folder}.${process.pid}`;
  const made = await rolldown({
    input: { main: join(dist, 'main.js') },
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && id !== PLACES && !isBundled(id),
    plugins: [originalPlaces()],
    onLog: (level, { message }) => {
      if (level !== 'debug') throw new Error(`bundle.mjs: ${message}`);
    },
  });
  const { output } = await made.write({
    dir: started,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: ({ moduleIds }) => `${ownerOf(moduleIds)}-[name]-[hash].js`,
  });
  await made.close();
  checkLibraries(output.flatMap(({ imports = [], dynamicImports = [] }) => [...imports, ...dynamicImports]));
  renameSync(started, folder);
}

/** A module's `import.meta.url` stays what it is unbundled: files beside it are found, and libraries those of its package. */
function originalPlaces() {
  return {
    name: 'original-places',
    resolveId: (id) => (id === PLACES ? id : undefined),
    load(id) {
      if (id === PLACES) return placesModule;
      const owner = packages.find(({ folder }) => id.startsWith(`${join(folder, 'dist')}${sep}`));
      if (owner === undefined) return undefined;
      const code = readFileSync(id, 'utf8');
      const map = JSON.parse(readFileSync(`${id}.map`, 'utf8'));
      if (!code.includes('import.meta.url')) return { code, map };
      const words = [owner.name, relative(join(owner.folder, 'dist'), id)].map((word) => JSON.stringify(word));
      // On the first line, for the lines of the source map.
      const first = `import { placeOf as placeOfModule } from '${PLACES}'; `;
      return { code: first + code.replaceAll('import.meta.url', `placeOfModule(${words.join(', ')})`), map };
    },
  };
}

/** The package that most of a chunk is from, so that a name in a stack says something without its source map. */
function ownerOf(moduleIds) {
  const counts = new Map();
  for (const id of moduleIds) {
    const folder = packages.find(({ folder }) => id.startsWith(`${folder}${sep}`))?.folder;
    const owner = folder === undefined ? 'library' : folder.split(sep).at(-1);
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'places';
}

/** What stays outside is imported from this folder now: it must be the version that the package which names it would get. */
function checkLibraries(imported) {
  const libraries = new Set(imported.filter((id) => !id.endsWith('.js') && !id.startsWith('node:')));
  for (const { folder, name: owner } of packages) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const library of Object.keys(dependencies).filter((one) => libraries.has(one))) {
      const [there, here] = [folder, import.meta.dirname].map((from) => installed(library, from));
      if (there !== here) {
        throw new Error(
          `${library}: got version ${here} beside the bundle, expected ${there} as in ${owner}. HINT: name it in packages/cli/package.json`,
        );
      }
    }
  }
}

function installed(library, from) {
  const paths = createRequire(join(from, 'package.json')).resolve.paths(library) ?? [];
  const manifest = paths.map((path) => join(path, library, 'package.json')).find((file) => existsSync(file));
  return manifest && JSON.parse(readFileSync(manifest, 'utf8')).version;
}

function clearOld() {
  const folders = readdirSync(bundles, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const byAge = folders
    .map((entry) => ({
      place: join(bundles, entry.name),
      is: entry.name === name,
      at: statSync(join(bundles, entry.name)).mtimeMs,
    }))
    .sort((a, b) => Number(b.is) - Number(a.is) || b.at - a.at);
  for (const { place } of byAge.slice(KEPT_BUNDLES)) rmSync(place, { recursive: true, force: true });
}

function writeWhole(file, text) {
  mkdirSync(bundles, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${text}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
