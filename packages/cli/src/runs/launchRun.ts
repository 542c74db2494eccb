import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DoWork, WorkQueue } from '@agentmmrec/agents';
import { type Launch, type LaunchedRun, type RunProgress, RunStore } from '@agentmmrec/experiments';
import type { Session } from '../session/session.js';
import { codeVersion } from './codeVersion.js';

const entry = fileURLToPath(new URL('../../bin/agentmmrec.mjs', import.meta.url));
/** The last of what a failed process said. */
const KEPT_BYTES = 4000;

/** Runs of an experiment as processes of this command. One thread each unless `--threads` says otherwise. */
export function launcher(session: Session): Launch {
  return (_run, id, onProgress) => launched(session, id, onProgress);
}

/** The same on machines whose workers share a queue and the folder of the workspace. */
export function queuedLauncher(queue: WorkQueue): Launch {
  return (_run, id, onProgress) => queue.start(id, (told) => onProgress(told as RunProgress));
}

/** Does runs that a queue names: those of this session's workspace, by processes of this command. */
export function runWork(session: Session): DoWork {
  const store = new RunStore(session.workspace);
  const version = codeVersion();
  return async (id, onProgress, signal) => {
    const problem = problemOf(store, id, version);
    if (problem !== null) return { code: 2, error: problem };
    const { ended, stop } = launched(session, id, onProgress);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await ended;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

/** Why a run that a queue names cannot be done here, or null. */
function problemOf(store: RunStore, id: string, version: string): string | null {
  try {
    const { spec } = store.asked(id);
    if (spec.codeVersion === version) return null;
    return `a worker of code ${version}, expected ${spec.codeVersion}: install the same version on every machine`;
  } catch (thrown) {
    const got = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
    return `${got}; workers need the workspace of the experiment, in a folder that all machines share`;
  }
}

function launched(session: Session, id: string, onProgress: (progress: RunProgress) => void): LaunchedRun {
  const words = ['experiment', 'run', '--run', id, '--workspace', session.workspace, '--device', session.deviceChoice];
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
}

/** The sentence that the command ends a failure with, or the signal that ended it. */
function lastSentence(said: string, signal: NodeJS.Signals | null): string {
  const lines = said.trim().split('\n');
  const found = lines.findLast((line) => line.startsWith('agentmmrec: ')) ?? '';
  if (signal) return `its process was ended by ${signal}${signal === 'SIGKILL' ? ', for want of memory perhaps' : ''}`;
  return found.replace(/^agentmmrec: /, '');
}
