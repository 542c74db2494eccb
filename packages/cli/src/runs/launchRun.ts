import type { DoWork, WorkQueue } from '@agentmmrec/agents';
import { type Launch, type LaunchedRun, type RunProgress, RunStore } from '@agentmmrec/experiments';
import type { Session } from '../session/session.js';
import { codeVersion } from './codeVersion.js';
import { ownProcess } from './ownProcess.js';

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
  const threads = ['--threads', String(session.threads ?? 1)];
  return ownProcess([...words, ...threads], (message) => onProgress(message as RunProgress));
}
