import { commands } from '../../packages/cli/src/commands/index.js';
import { dispatch } from '../../packages/cli/src/dispatch.js';
import { describeFailure } from '../../packages/cli/src/failure.js';
import { terminalLog } from '../../packages/cli/src/terminal.js';
import type { Finished } from './cli.js';

/**
 * Runs a command line as `main` does, in this process: a test with many of them does not start the program anew for each. What only a
 * process has (exit codes, signals, standard streams) is tested with `agentmmrec`.
 */
export async function commandInProcess(words: readonly string[]): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  const log = terminalLog({
    write: (text) => {
      stderr += text;
    },
  });
  const around = {
    stdout: (text: string) => {
      stdout += text;
    },
    log,
    signal: new AbortController().signal,
    words,
  };
  try {
    await dispatch(commands, words, around);
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const { sentence, exitCode } = describeFailure(thrown);
    return { code: exitCode, stdout, stderr: `${stderr}agentmmrec: ${sentence}\n` };
  }
}
