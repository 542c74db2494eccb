import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AcceptanceCheck, AcceptanceContext, CheckOutcome } from '../check.js';

export const quickStartChecks: readonly AcceptanceCheck[] = [
  {
    id: 'quick-start-demo',
    issue: 2,
    kind: 'gate',
    expected:
      'the first command of the Quick start installs, builds and runs the demo in a fresh clone with an empty home',
    run: (context) => inFreshClone(context, 0),
  },
  {
    id: 'quick-start-test',
    issue: 2,
    kind: 'gate',
    expected: 'the second command installs, builds and passes all tests in a fresh clone with an empty home',
    run: (context) => inFreshClone(context, 1),
  },
  {
    id: 'native-sanitized',
    issue: 2,
    kind: 'gate',
    expected: 'native tests pass under AddressSanitizer and UndefinedBehaviorSanitizer',
    async run(context) {
      const { exitCode, output, seconds } = await context.run('npm', ['run', '--silent', 'test:native']);
      return {
        passed: exitCode === 0,
        measured: `exit ${exitCode} after ${seconds.toFixed(0)} s; ${lastLine(output)}`,
      };
    },
  },
];

/** The commands of the README's Quick start, one bash block of two. */
export function quickStartCommands(readme: string): string[] {
  const block = /^## Quick start$[\s\S]*?^```bash\n([\s\S]*?)^```/m.exec(readme);
  return (block?.[1] ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function inFreshClone(context: AcceptanceContext, which: 0 | 1): Promise<CheckOutcome> {
  const command = quickStartCommands(readFileSync(join(context.root, 'README.md'), 'utf8'))[which];
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-clone-'));
  try {
    await context.run('git', ['clone', '--quiet', context.root, join(folder, 'project')]);
    const shared = join(dirname(context.root), 'shared');
    if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'));
    // Nothing of this process's environment goes along but what reaches the registry: its settings would hide what is missing.
    const kept = ['PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].map((name) => `\${${name}:+${name}="$${name}"}`);
    const isolated = `cd '${join(folder, 'project')}' && env -i HOME='${folder}' LANG=C.UTF-8 ${kept.join(' ')} bash -c '${command}'`;
    const { exitCode, output, seconds } = await context.run('bash', ['-c', isolated]);
    const failed = output.split('\n').filter((line) => /^FAIL | ● /.test(line));
    const last = lastLine(output)
      .trim()
      .replaceAll(join(folder, 'project', '/'), '');
    return {
      passed: exitCode === 0,
      measured: `\`${command}\`: exit ${exitCode} after ${seconds.toFixed(0)} s; ${[...failed, last].join('; ')}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
