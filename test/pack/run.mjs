// Packs the published package with the prebuilt ones, installs them into empty folders as readers would, and runs what is there: without a
// compiler, then without a prebuilt package, then on the other processor under qemu-user. Takes some minutes, so it is a tier of its
// own. Ends with the line `N passed, N failed[, N skipped]`.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crossTools } from '../../native/platformAddon.mjs';
import { emulatedNode } from './emulatedNode.mjs';
import { bareEnvironment, bytesUnder, heaviest, npm, servedPage, spawn, userEnvironment } from './reader.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-pack-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const command = 'node_modules/agentmmrec/bin/agentmmrec.mjs';
const synth = ['data', 'synth', '--out', 'catalog', '--users', '60', '--items', '40', '--image-size', '32'];
const train = [
  ...['train', '--model', 'agentmmrec', '--data', 'catalog', '--reasoner', 'extractive'],
  ...['--epochs', '2', '--compare', 'none', '--json'],
];
const here = process.arch;
const other = here === 'arm64' ? 'x64' : 'arm64';

try {
  const bare = bareEnvironment(folder);
  const product = pack(`linux-${here}`);
  await withoutCompiler(product, bare);
  withCuda(product, bare);
  withoutPrebuilt(bare);
  onTheOtherProcessor(product);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;

/** As most readers install it: npm takes the prebuilt package, and there is Node and nothing else. */
async function withoutCompiler(product, bare) {
  const place = emptyProject('prebuilt');
  run('installs without a compiler', place, npm('install', product, archive(`native-linux-${here}`)), bare);
  const addon = join(place, 'node_modules/agentmmrec/node_modules/@agentmmrec/native/native/build');
  expect('compiles nothing', !existsSync(addon), '');
  const modules = join(place, 'node_modules');
  const bytes = bytesUnder(modules);
  const weights = heaviest(modules, 6).map(({ name, megabytes }) => `${name} ${megabytes}`);
  expect(`weighs ${Math.round(bytes / 1e6)} MB, under 250: ${weights.join(', ')}`, bytes < 250e6, '');
  const agentmmrec = (...words) => [process.execPath, [command, ...words]];
  const doctor = run('is healthy', place, agentmmrec('doctor'), bare);
  expect('leaves the ONNX runtime out', !existsSync(join(place, 'node_modules/onnxruntime-node')), doctor);
  expect('says how to add it', /npm install onnxruntime-node --ignore-scripts/.test(doctor), doctor);
  run('draws a catalog', place, agentmmrec(...synth), bare);
  const trained = run('trains', place, agentmmrec(...train), bare);
  expect('prints a result', /"testReranked":\{"recall@10"/.test(trained), trained);
  const page = await servedPage(place, [command, 'serve', '--data', 'catalog', '--port', '0', '--json'], bare);
  expect('serves its pages', /<script type="module"/.test(page), page);
  const script = `import { core, models } from 'agentmmrec'; console.log(Object.keys(models.models).length > 0, core.matrix(1, 2).cols);`;
  const imported = run('is a library too', place, [process.execPath, ['--input-type=module', '-e', script]], bare);
  expect('exports its packages', imported.trim() === 'true 2', imported);
}

/** The package with CUDA beside the usual one, on a machine with a card or without. */
function withCuda(product, bare) {
  const name = `linux-${here}-cuda`;
  const said = run(`packs for ${name}`, root, packed(name));
  const file = archive(`native-${name}`);
  if (!existsSync(file)) {
    console.log(`– ${name}: not tried, ${/not made, (.*)/.exec(said)?.[1] ?? 'there is no such package'}`);
    counts.skipped++;
    return;
  }
  const place = emptyProject('cuda');
  run('installs the kernels with CUDA', place, npm('install', product, archive(`native-linux-${here}`), file), bare);
  const bytes = bytesUnder(join(place, 'node_modules/@agentmmrec', `native-${name}`));
  const sizes = `${(statSync(file).size / 1e6).toFixed(1)} MB packed, ${(bytes / 1e6).toFixed(1)} MB installed`;
  expect(`the package with CUDA weighs ${sizes}, under 50`, bytes < 50e6, '');
  const agentmmrec = (...words) => [process.execPath, [command, ...words]];
  const doctor = run('is healthy with it', place, agentmmrec('doctor'), bare);
  const script = `import { kernels } from 'agentmmrec'; console.log(kernels.addonFile());`;
  const taken = run('loads kernels', place, [process.execPath, ['--input-type=module', '-e', script]], bare);
  expect('takes those with CUDA before those without', taken.includes(`native-${name}`), taken);
  expect(
    'compiles nothing beside it',
    !existsSync(join(place, 'node_modules/agentmmrec/node_modules/@agentmmrec/native/native/build')),
    '',
  );
  run('draws a catalog with the kernels with CUDA', place, agentmmrec(...synth), bare);
  run('trains on the processor with them', place, agentmmrec(...train, '--device', 'cpu'), bare);
  const onCard = agentmmrec(...train, '--device', 'cuda');
  if (/✓ CUDA: /.test(doctor)) run('trains on the card', place, onCard, bare);
  else
    refuses('without a card says what is missing', place, onCard, bare, [
      /device cuda: got .*no NVIDIA driver.*HINT: \S/s,
    ]);
}

/** On a platform that has no prebuilt package, which is what a product is like that names none. */
function withoutPrebuilt(bare) {
  const staged = join(folder, 'staged');
  run('assembles', root, [process.execPath, ['packages/cli/assemble.mjs', staged]]);
  const manifest = join(staged, 'package.json');
  const { optionalDependencies: _, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'));
  writeFileSync(manifest, JSON.stringify(rest));
  const packed = join(folder, 'sources');
  mkdirSync(packed);
  run('packs it without prebuilt packages', folder, npm('pack', '--silent', '--pack-destination', packed, staged));
  const place = emptyProject('compiled');
  // Without install scripts, as recent npm installs unless told otherwise: the command then says what to run.
  const install = npm('install', '--ignore-scripts', join(packed, readdirSync(packed)[0]));
  run('installs without scripts', place, install);
  refuses('says how to get kernels', place, ['npx', ['agentmmrec', 'doctor']], userEnvironment, [
    new RegExp(`no prebuilt package for linux-${here} is installed, and none was compiled`),
    /agentmmrec-build/,
  ]);
  // What npm runs on install.
  refuses('names what a compilation needs', place, npm('rebuild', 'agentmmrec', '--foreground-scripts'), bare, [
    /no prebuilt package .*, and none was compiled, so the native kernels are compiled here/,
    /no C\+\+20 compiler was found.*HINT: \S/,
    /cmake was not found.*HINT: \S/,
  ]);
  run('compiles where there is a compiler', place, npm('rebuild', 'agentmmrec'));
  run('is healthy with what was compiled', place, ['npx', ['agentmmrec', 'doctor']]);
  run('draws a catalog with it', place, ['npx', ['agentmmrec', ...synth]]);
  run('trains with it', place, ['npx', ['agentmmrec', ...train]]);
}

/** The prebuilt package for the other processor of Linux, by that processor's Node. */
function onTheOtherProcessor(product) {
  const tools = crossTools(other);
  const node = tools.obstacle ? {} : emulatedNode(other);
  const obstacle = tools.obstacle ?? node.obstacle;
  if (obstacle) {
    console.log(`– linux-${other}: not tried, ${obstacle}`);
    counts.skipped++;
    return;
  }
  pack(`linux-${other}`);
  const place = emptyProject('emulated');
  const packages = [product, archive(`native-linux-${other}`)];
  const flags = ['--os=linux', `--cpu=${other}`, '--libc=glibc', '--ignore-scripts', '--force'];
  run(`installs for ${other}`, place, npm('install', ...flags, ...packages));
  const agentmmrec = (...words) => [tools.emulator, ['-L', tools.libraries, node.program, command, ...words]];
  const doctor = run(`is healthy on ${other}`, place, agentmmrec('doctor'));
  expect('has its instruction set', (other === 'arm64' ? /neon/ : /scalar/).test(doctor), doctor);
  run(`draws a catalog on ${other}`, place, agentmmrec(...synth));
  const trained = run(`trains on ${other}`, place, agentmmrec(...train));
  expect('prints a result there', /"testReranked":\{"recall@10"/.test(trained), trained);
}

/** Makes the archives of the product and of one platform; returns the product's. */
function pack(platform) {
  run(`packs for ${platform}`, root, packed(platform));
  return archive('agentmmrec');
}

function packed(platform) {
  return [process.execPath, ['packages/cli/package.mjs', '--out', folder, '--only', platform]];
}

/** The archive `NAME-VERSION.tgz` of this run. */
function archive(name) {
  const found = readdirSync(folder).find((file) => new RegExp(`^(agentmmrec-)?${name}-\\d[\\w.-]*\\.tgz$`).test(file));
  return join(folder, found ?? `no archive of ${name}`);
}

function emptyProject(name) {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{"private":true,"type":"module"}\n');
  return place;
}

/** A step that must exit with 0; returns its output. */
function run(name, cwd, words, env) {
  const { status, stdout, stderr, error } = spawn(cwd, words, env);
  expect(name, status === 0, `exit ${status ?? error}\n${(stdout ?? '').slice(-2000)}\n${(stderr ?? '').slice(-2000)}`);
  return stdout ?? '';
}

/** A step that must fail with sentences. */
function refuses(name, cwd, words, env, sentences) {
  const { status, stdout, stderr } = spawn(cwd, words, env);
  const said = `${stdout}${stderr}`;
  expect(
    name,
    status > 0 && sentences.every((sentence) => sentence.test(said)),
    `exit ${status}\n${said.slice(-3000)}`,
  );
}

function expect(name, holds, said) {
  console.log(`${holds ? '✓' : '✗'} ${name}`);
  counts[holds ? 'passed' : 'failed']++;
  if (!holds) console.log(said);
}
