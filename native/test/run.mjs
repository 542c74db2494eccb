// Builds the C++ tests with AddressSanitizer and UndefinedBehaviorSanitizer and runs them. Ends with their own last line,
// `N passed, N failed`; where the build fails there is no such line and the exit code is 1.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(native, 'build', 'sanitized');

function run(command, ...options) {
  const { status, error } = spawnSync(command, options, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}. HINT: node native/checkToolchain.mjs says what is missing`);
  if (status !== 0) process.exit(status ?? 1);
}

run('cmake', '-S', native, '-B', folder, '-DAMR_SANITIZE=ON', '-DAMR_TESTS=ON', '-DAMR_CUDA=OFF');
run('cmake', '--build', folder, '--target', 'agentmmrecTests', '--parallel', '2');
run(join(folder, 'agentmmrecTests'));
