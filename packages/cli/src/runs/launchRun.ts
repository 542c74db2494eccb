import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Launch, RunProgress } from '@agentmmrec/experiments';
import type { Session } from '../session/session.js';

const entry = fileURLToPath(new URL('../../bin/agentmmrec.mjs', import.meta.url));
/** The last of what a failed process said. */
const KEPT_BYTES = 4000;

/** Runs of an experiment as processes of this command. One thread each unless `--threads` says otherwise. */
export function launcher(session: Session): Launch {
  return (_run, id, onProgress) => {
    const words = [
      'experiment',
      'run',
      '--run',
      id,
      '--workspace',
      session.workspace,
      '--device',
      session.deviceChoice,
    ];
    const child = spawn(process.execPath, [entry, ...words, '--threads', String(session.threads ?? 1)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Ctrl-C on a terminal reaches this process alone, which then stops its runs one by one.
      detached: true,
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString('utf8')}`.slice(-KEPT_BYTES);
    });
    child.on('message', (message) => onProgress(message as RunProgress));
    const ended = new Promise<{ code: number; error: string }>((resolve) => {
      child.on('error', (cause) => resolve({ code: 1, error: cause.message }));
      child.on('close', (code, signal) => resolve({ code: code ?? 1, error: lastSentence(said, signal) }));
    });
    return { ended, stop: () => child.kill('SIGINT') };
  };
}

/** The sentence that the command ends a failure with, or the signal that ended it. */
function lastSentence(said: string, signal: NodeJS.Signals | null): string {
  const lines = said.trim().split('\n');
  const found = lines.findLast((line) => line.startsWith('agentmmrec: ')) ?? '';
  if (signal) return `its process was ended by ${signal}${signal === 'SIGKILL' ? ', for want of memory perhaps' : ''}`;
  return found.replace(/^agentmmrec: /, '');
}
