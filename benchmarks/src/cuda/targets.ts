import { seededInteractions } from '../sizes.js';
import { CountingDevice } from './countingDevice.js';
import { type CudaCase, cudaCases, modelWidths } from './cudaCases.js';
import {
  BLAS_FLOPS_PER_SECOND,
  BYTES_PER_SECOND,
  type Chip,
  DATA,
  FLOPS_PER_SECOND,
  floorsOf,
  KERNEL_SECONDS,
  predictedEpoch,
  TF32_FLOPS_PER_SECOND,
  table,
  time,
} from './predictions.js';

// The targets of cuda/README.md with what is predicted for them, from the same counts as cuda/predictions.md. A test compares it.

const CHIPS = Object.keys(BYTES_PER_SECOND) as Chip[];
/** Where the section stands in cuda/README.md. */
const SECTION = /## Targets\n[\s\S]*?(?=\n## )/;

/** cuda/README.md with its section on targets as it is now. */
export function withTargets(readme: string): string {
  return readme.replace(SECTION, () => targetsSection());
}

function targetsSection(): string {
  const { paper: _, ...counts } = DATA.Clothing;
  const train = seededInteractions(counts);
  const [lightgcn, agentmmrec] = (['lightgcn', 'agentmmrec'] as const).map((name) => predictedEpoch(name, train));
  const milliseconds = (seconds: number) => `${(1e3 * seconds).toFixed(0)} ms`;
  const epoch = (of: typeof lightgcn, products: number) =>
    CHIPS.map((chip) => milliseconds(of.secondsOn(chip, products)));
  const both = (words: string) => CHIPS.map(() => words);
  const gigabytes = `${(agentmmrec.peakBytes / 1e9).toFixed(2)} GB`;
  const cases = cudaCases(new CountingDevice(), { name: 'clothing', train, origin: 'seeded' }, modelWidths);
  const spmm = CHIPS.map((chip) => predicted(caseOf(cases, 'spmm'), chip));
  const rows = [
    ['LightGCN epoch on Clothing under 35 ms', ...epoch(lightgcn, FLOPS_PER_SECOND)],
    ['AgentMMRec epoch on Clothing under 300 ms, `fp32`', ...epoch(agentmmrec, BLAS_FLOPS_PER_SECOND)],
    ['the same, `--precision tf32`', ...epoch(agentmmrec, TF32_FLOPS_PER_SECOND)],
    ['AgentMMRec under 1.5 GB of the card', ...both(gigabytes)],
    [
      'SpMM, 64 wide, at 1.5 times cuSPARSE',
      ...spmm.map((ours) => `${time(ours)}; holds if cuSPARSE takes ${time(1.5 * ours)}`),
    ],
    ...(['infonce', 'cosineTopK', 'rankTopK'] as const).map((kernel) => [
      `\`${kernel}\` at 0.9 of torch`,
      ...CHIPS.map((chip) => besideTorch(caseOf(cases, kernel), chip)),
    ]),
  ];
  return `## Targets

What is aimed at on an H100, and what the counts of [predictions.md](predictions.md) predict for it and for an H200 (written by \`npm run tables\`, compared by a
test). An epoch is steps times the sum over its calls of the largest floor, and ${KERNEL_SECONDS * 1e6} us a kernel; memory is what the pool hands out for building the
model and a step, in its sizes. The two chips differ in the memory's rate alone: ${CHIPS.map((chip) => `${(BYTES_PER_SECOND[chip] / 1e12).toFixed(1)} TB/s seen on an ${chip}`).join(', ')}. Of torch the least is taken:
the product by cuBLAS in float32, and its scores written and read once. So the ratios are the lowest that are possible, where ours is at the
${FLOPS_PER_SECOND / 1e12} TFLOP/s assumed for plain tiles; in brackets the rate at which 0.9 would be reached. Products are cuBLAS's own, and of the other kernels beside which
torch is measured (\`gatherRows\`, \`adam\`) both sides have the same floor.

${table(['target', ...CHIPS], rows)}
`;
}

function caseOf(cases: readonly CudaCase[], kernel: string): CudaCase {
  const found = cases.find((one) => one.kernel === kernel);
  if (!found) throw new Error(`no case of ${kernel}`);
  return found;
}

function predicted(one: CudaCase, chip: Chip): number {
  return Math.max(...floorsOf(one, FLOPS_PER_SECOND, chip)) + KERNEL_SECONDS;
}

/** Operations and scores of torch's way, which makes a table of all pairs. */
function besideTorch({ kernel, peer, ...one }: CudaCase, chip: Chip): string {
  const { n = 0, users = n, items = n, d } = peer?.numbers ?? {};
  const flops = 2 * users * items * d;
  const scores = (2 * 4 * users * items) / BYTES_PER_SECOND[chip];
  const theirs = flops / BLAS_FLOPS_PER_SECOND + scores + 2 * KERNEL_SECONDS;
  // the card's searches compute both triangles, which the count at least does not have
  const ours =
    Math.max(...floorsOf({ ...one, flops: Math.max(flops, one.flops) }, FLOPS_PER_SECOND, chip)) + KERNEL_SECONDS;
  const enough = (0.9 * flops) / theirs / 1e12;
  return `${(theirs / ours).toFixed(2)} (${enough.toFixed(0)} TFLOP/s)`;
}
