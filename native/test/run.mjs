// Builds the C++ tests with AddressSanitizer and UndefinedBehaviorSanitizer and runs them; then those of the other processor, cross-compiled
// and run by qemu-user where both tools are there. Ends with `N passed, N failed[, N skipped]`; where a build fails there is no such line
// and the exit code is 1.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, configure } from '../cmake.mjs';
import { configureCross, crossTools } from '../platformAddon.mjs';

const folder = join(import.meta.dirname, '../build');
const counts = { passed: 0, failed: 0, skipped: 0 };

const sanitized = join(folder, 'sanitized');
configure(sanitized, ['-DAMR_SANITIZE=ON', '-DAMR_TESTS=ON', '-DAMR_CUDA=OFF']);
build(sanitized, 'agentmmrecTests');
count(join(sanitized, 'agentmmrecTests'), []);

const cpu = process.arch === 'arm64' ? 'x64' : 'arm64';
const { tools, emulator, libraries, obstacle } = crossTools(cpu);
if (obstacle) {
  console.log(`linux-${cpu}: not tried, ${obstacle}`);
  counts.skipped++;
} else {
  const crossed = join(folder, `linux-${cpu}`);
  configureCross(crossed, cpu, tools);
  build(crossed, 'agentmmrecTests');
  count(emulator, ['-L', libraries, join(crossed, 'agentmmrecTests')]);
}
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;

/** Runs a test program, which says how many of its tests passed. */
function count(program, words) {
  const { stdout, status } = spawnSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  process.stdout.write(stdout);
  const said = /^(\d+) passed, (\d+) failed$/m.exec(stdout);
  if (!said) throw new Error(`${program}: got exit ${status} without counts, expected a line "N passed, N failed"`);
  counts.passed += Number(said[1]);
  counts.failed += Number(said[2]);
}
