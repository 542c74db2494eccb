// `npm run package [-- --out FOLDER] [-- --only linux-x64]`: the product and the prebuilt addons as archives for `npm publish` or
// `npm install FILE FILE`. Platforms that this machine cannot build are named with the reason.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { placePortable, platformAddon } from '../../native/platformAddon.mjs';

const root = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { out: { type: 'string' }, only: { type: 'string' } } });
const out = resolve(values.out ?? join(root, 'build/packages'));
const platforms = JSON.parse(readFileSync(join(root, 'native/platforms.json'), 'utf8'));
const wanted =
  values.only === undefined ? platforms : platforms.filter(({ name }) => values.only.split(',').includes(name));
const staging = mkdtempSync(join(tmpdir(), 'agentmmrec-packages-'));
mkdirSync(out, { recursive: true });
try {
  const product = join(staging, 'product');
  execFileSync(process.execPath, [join(import.meta.dirname, 'assemble.mjs'), product]);
  pack(product);
  for (const platform of wanted) {
    const { obstacle, file, tools } = platformAddon(platform);
    if (obstacle) console.log(`– ${platform.name}: not made, ${obstacle}`);
    else pack(assemblePlatform(platform, file, tools));
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function assemblePlatform({ name, os, cpu, libc, cuda }, file, tools) {
  const folder = join(staging, name);
  mkdirSync(folder);
  const { version, license } = JSON.parse(readFileSync(join(root, 'native/package.json'), 'utf8'));
  const manifest = {
    name: `@agentmmrec/native-${name}`,
    version,
    description: `The kernels of agentmmrec for ${os} on ${cpu}${cuda ? ' with CUDA' : ''}`,
    license,
    os: [os],
    cpu: [cpu],
    libc: [libc],
    main: './agentmmrec.node',
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, 'README.md'),
    `# ${manifest.name}\n\n${manifest.description}. Loaded by agentmmrec ${version}.\n`,
  );
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  placePortable(file, join(folder, 'agentmmrec.node'), tools);
  return folder;
}

function pack(folder) {
  const words = ['pack', '--json', '--pack-destination', out, folder];
  const [{ filename, unpackedSize }] = Object.values(JSON.parse(execFileSync('npm', words, { encoding: 'utf8' })));
  const { size } = statSync(join(out, filename));
  console.log(`✓ ${filename}: ${(size / 1e6).toFixed(1)} MB, ${(unpackedSize / 1e6).toFixed(1)} MB installed`);
}
