import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bin/agentmmrec.mjs', import.meta.url));
/** The last of what a failed process said. */
const KEPT_BYTES = 4000;

/** A process of this command that goes on. */
export interface OwnProcess {
  /** its exit code, and the sentence that it ended a failure with */
  readonly ended: Promise<{ readonly code: number; readonly error: string }>;
  /** lets it save itself */
  stop(): void;
  /** at once: what it has under temporary names is cleared by whoever comes next */
  kill(): void;
}

/**
 * Starts a process of this command. Ctrl-C on a terminal reaches this process alone, which then stops its own one by one.
 * @param onMessage what it sends
 */
export function ownProcess(words: readonly string[], onMessage: (message: unknown) => void): OwnProcess {
  const child = spawn(process.execPath, [entry, ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-KEPT_BYTES);
  });
  child.on('message', onMessage);
  const ended = new Promise<{ code: number; error: string }>((resolve) => {
    child.on('error', (cause) => resolve({ code: 1, error: cause.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? 1, error: lastSentence(said, signal) }));
  });
  return { ended, stop: () => child.kill('SIGINT'), kill: () => child.kill('SIGKILL') };
}

/** The sentence that the command ends a failure with, or the signal that ended it. */
function lastSentence(said: string, signal: NodeJS.Signals | null): string {
  const lines = said.trim().split('\n');
  const found = lines.findLast((line) => line.startsWith('agentmmrec: ')) ?? '';
  if (signal) return `its process was ended by ${signal}${signal === 'SIGKILL' ? ', for want of memory perhaps' : ''}`;
  return found.replace(/^agentmmrec: /, '');
}
