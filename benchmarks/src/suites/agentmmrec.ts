import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, makeFolders } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Size } from '../sizes.js';
import type { BenchmarkCase, Fact, Suite, SuiteContext } from '../suite.js';

/** Evaluated epochs of a run; the first also pays for the neighbour graphs' arrays, so the mean is of more than one. */
const EPOCHS = 3;
/** Memory of the paper's run on Clothing (its Table 8), on a GPU. */
const PAPER_BYTES = 5.72e9;

/**
 * An epoch of AgentMMRec with features of the true widths, 384 of text and 4096 of images, in a process of its own: neighbour
 * graphs, training and evaluation as the command does them, so that the peak is that of the whole run.
 */
export const agentmmrec: Suite = {
  name: 'agentmmrec',
  byDefault: false,
  *cases(device, size, context): Generator<BenchmarkCase> {
    if (device.name !== 'cpu') return;
    const folder = dataFolder(size, context);
    let result: TrainResult | null = null;
    yield {
      name: `AgentMMRec epoch ${size.name}, synthetic features 384 and 4096`,
      bytes: 0,
      flops: 0,
      rounds: 1,
      run: async () => {
        result = await train(folder, context);
        return result.secondsPerEpoch;
      },
      peers: [],
      facts: () => (result ? factsOf(result, size) : []),
    };
  },
};

interface TrainResult {
  readonly secondsPerEpoch: number;
  readonly peakRssBytes: number;
  readonly wholeSeconds: number;
}

function factsOf({ peakRssBytes, wholeSeconds }: TrainResult, size: Size): Fact[] {
  return [
    {
      name: 'peak memory of the process',
      value: peakRssBytes,
      unit: 'bytes',
      ...(size.name === 'clothing' ? { target: { atMost: PAPER_BYTES / 2 } } : {}),
    },
    { name: `whole run of ${EPOCHS} epochs, graphs and evaluation`, value: wholeSeconds, unit: 'seconds' },
  ];
}

/** The real folder where there is one, else the size's graph written as one, two interactions a user held out. */
function dataFolder({ name, train }: Size, { dataRoot, workspace }: SuiteContext): string {
  const real = join(dataRoot, name);
  if (existsSync(join(real, `${name}.inter`))) return real;
  const folder = join(workspace, 'bench', name);
  makeFolders(folder);
  writeFileSync(join(folder, `${name}.inter`), interactionFile(train));
  return folder;
}

function interactionFile({ users, offsets, itemIds }: Interactions): string {
  const lines = ['userID\titemID\tx_label'];
  for (let user = 0; user < users; user++) {
    for (let at = offsets[user]; at < offsets[user + 1]; at++) {
      const heldOut = offsets[user + 1] - at;
      lines.push(`${user}\t${itemIds[at]}\t${heldOut > 2 ? 0 : heldOut}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

async function train(folder: string, { command, workspace, threads, environment }: SuiteContext): Promise<TrainResult> {
  const [program, ...first] = command;
  const words = ['train', '--model', 'agentmmrec', '--data', folder, '--features', 'synthetic', '--compare', 'none'];
  const limits = ['--epochs', String(EPOCHS), '--threads', String(threads), '--workspace', join(workspace, 'bench')];
  const start = performance.now();
  const child = spawn(program, [...first, ...words, ...limits, '--json'], { env: environment });
  let [output, complaint] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = (complaint + bytes.toString()).slice(-2000);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (exitCode !== 0) {
    throw new AmrError({
      what: 'agentmmrec train in a process of its own',
      got: complaint.trim().split('\n').at(-1) ?? `exit ${exitCode}`,
      expected: 'exit 0',
      hint: `run ${words.join(' ')} to see more`,
      kind: 'failed',
    });
  }
  const result = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as TrainResult;
  return { ...result, wholeSeconds: (performance.now() - start) / 1000 };
}
