// The addon of a platform of native/platforms.json, as it goes into a prebuilt package or a bundle: made from the objects of the usual
// build, or cross-compiled, then stripped and checked to run on the oldest system that is promised.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, compileHere, configure } from './cmake.mjs';

/** The oldest glibc that prebuilt addons run with: Ubuntu 22.04. */
const GLIBC = [2, 35];
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64' };
const native = import.meta.dirname;

/**
 * The cross compiler of Debian's packages for a processor of Linux, and how its programs run here.
 * @param cpu x64 or arm64
 * @returns `obstacle` says what is missing
 */
export function crossTools(cpu) {
  const target = `${PROCESSORS[cpu]}-linux-gnu`;
  const tools = `${target}-`;
  const emulator = `qemu-${PROCESSORS[cpu]}`;
  const missing = [`${tools}g++`, emulator].find((program) => spawnSync(program, ['--version']).status !== 0);
  const obstacle = missing && `there is no ${missing}`;
  return { tools, emulator, libraries: `/usr/${target}`, obstacle };
}

/** @param cpu x64 or arm64 @param tools prefix of the cross compiler's programs */
export function configureCross(folder, cpu, tools) {
  configure(folder, [
    '-DCMAKE_SYSTEM_NAME=Linux',
    `-DCMAKE_SYSTEM_PROCESSOR=${PROCESSORS[cpu]}`,
    `-DCMAKE_CXX_COMPILER=${tools}g++`,
    '-DAMR_CUDA=OFF',
    '-DAMR_TESTS=ON',
  ]);
}

/**
 * Builds the addon of a platform as far as it is not built.
 * @returns its file and the prefix of the tools that read it, or what keeps it from being built on this machine
 */
export function platformAddon({ name, os, cpu, cuda }) {
  if (os === process.platform && cpu === process.arch) return addonOfThisMachine(cuda);
  const tools = `${PROCESSORS[cpu]}-linux-gnu-`;
  if (os !== 'linux' || cuda || spawnSync(`${tools}g++`, ['--version']).status !== 0) {
    return { obstacle: `${cuda ? 'CUDA is not cross-compiled' : `there is no ${tools}g++`}` };
  }
  const folder = join(native, 'build', name);
  configureCross(folder, cpu, tools);
  build(folder, 'agentmmrec');
  return { file: join(folder, 'agentmmrec.node'), tools };
}

/** The addon of the usual build; without CUDA it is linked once more from the same objects. */
function addonOfThisMachine(cuda) {
  const usual = join(native, 'build/Release/agentmmrec.node');
  const { openCuda } = createRequire(import.meta.url)(usual);
  if (cuda && !openCuda) return { obstacle: 'the addon was built without nvcc' };
  if (cuda || !openCuda) return { file: usual };
  const folder = join(native, 'build');
  compileHere(folder, 'agentmmrecPlain');
  return { file: join(folder, 'Release/agentmmrecPlain.node') };
}

/**
 * Leaves a stripped copy of an addon. Throws an Error where the addon asks for a newer glibc than is promised.
 * @param tools prefix of `objdump` and `strip` for its processor
 */
export function placePortable(file, to, tools = '') {
  const symbols = execFileSync(`${tools}objdump`, ['-T', file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)];
  const newer = versions.find(([, major, minor]) => Number(major) > GLIBC[0] || Number(minor) > GLIBC[1]);
  if (newer) {
    throw new Error(
      `${file}: got an addon that asks for ${newer[0]}, expected at most GLIBC_${GLIBC.join('.')}. HINT: build it on an older system`,
    );
  }
  execFileSync(`${tools}strip`, ['-o', to, file]);
}
