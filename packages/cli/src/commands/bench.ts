import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  type BenchmarkReport,
  regressions,
  renderMarkdown,
  renderPage,
  runBenchmark,
  sizeNames,
  suites,
} from '@agentmmrec/benchmarks';
import { AmrError, fileError, integer, optional, real, text, writeFileAtomic } from '@agentmmrec/core';
import { CudaDevice, openDevice } from '@agentmmrec/kernels';
import { benchCard } from '../bench/benchCard.js';
import { defineCommand } from '../command.js';
import type { Session } from '../session/session.js';

const names = suites.map((suite) => suite.name);
const byDefault = suites.filter((suite) => suite.byDefault !== false).map((suite) => suite.name);

export const bench = defineCommand({
  details:
    'Ours and a peer run in turns; every ratio comes with an interval. Peers need a Python that has them; a missing one is named. ' +
    'Ctrl-C ends it after the run under way, with the tables of the cases that were finished; --output holds those at any time. ' +
    'With --device cuda every kernel is timed by the card, after the card’s own rates; --suites then has no say.',
  workspace: 'looks',
  stopping: 'the run under way ends first, and the cases that were finished are shown',
  example: 'agentmmrec bench --suites spmm,topk --sizes tiny',
  options: {
    suites: text(byDefault.join(','), `suites to run: ${names.join(', ')}`),
    sizes: text('baby', `sizes to run: ${sizeNames.join(', ')}`),
    python: optional({ type: 'text', help: 'a Python with torch, faiss and scipy; default: no peers' }),
    dataRoot: text(
      '../shared/data',
      'folder that holds baby/ and clothing/; a size not found there is drawn from a seed',
    ),
    isa: optional({
      type: 'text',
      help: 'instruction set of the CPU kernels, such as avx2; default: AMR_ISA, else the best',
    }),
    rounds: integer(7, { min: 3, help: 'least rounds a case' }),
    seconds: real(1, { min: 0, help: 'least seconds a case' }),
    report: optional({ type: 'text', help: 'write the tables as Markdown to this file' }),
    page: optional({ type: 'text', help: 'write a page with the roofline to this file' }),
    output: optional({ type: 'text', help: 'write the measurements as JSON to this file, for --compare' }),
    compare: optional({
      type: 'text',
      help: 'an older --output of the same instruction set and threads; a case slower beyond the noise is exit 1',
    }),
  },
  async run(options, session) {
    const device =
      options.isa === null ? session.device() : openDevice('cpu', { isa: options.isa, ...threadsOf(session) });
    if (device instanceof CudaDevice) return await benchCard(device, options, currentCommit(), session);
    if (device.cards > 1) throw severalCards(device.cards);
    const before = options.compare ? readReport(options.compare, device.description) : null;
    const { output } = options;
    const keep = (report: BenchmarkReport): void => {
      if (output) writeFileAtomic(output, `${JSON.stringify(report)}\n`);
    };
    const report = await runBenchmark({
      device,
      openCpu: (threads) => openDevice('cpu', { threads, ...(options.isa === null ? {} : { isa: options.isa }) }),
      threads: session.threads ?? Number(/(\d+) thread/.exec(device.description)?.[1] ?? 1),
      suites: options.suites.split(','),
      sizes: options.sizes.split(','),
      python: options.python,
      environment: process.env,
      command: [process.execPath, process.argv[1]],
      dataRoot: options.dataRoot,
      workspace: session.workspace,
      effort: { rounds: options.rounds, seconds: options.seconds },
      commit: currentCommit(),
      log: session.log,
      signal: session.signal,
      onMeasurement: (measurement, finished) => {
        session.emit(measurement);
        keep(finished);
      },
    });
    const markdown = renderMarkdown(report);
    session.say(markdown);
    if (options.report) writeFileAtomic(options.report, markdown);
    if (options.page) writeFileAtomic(options.page, renderPage(report));
    keep(report);
    session.emit(report);
    session.signal.throwIfAborted();
    if (before) failOnRegressions(before, report);
  },
});

function threadsOf({ threads }: Session): { threads?: number } {
  return threads === null ? {} : { threads };
}

function failOnRegressions(before: BenchmarkReport, now: BenchmarkReport): void {
  const slower = regressions(before, now);
  if (slower.length === 0) return;
  throw new AmrError({
    what: 'bench --compare',
    got: slower.map(({ name, slowdown }) => `${name} ${slowdown.toFixed(2)} times slower`).join('; '),
    expected: 'no case slower beyond the noise of both runs',
    hint: 'run again with more --rounds to be sure, then look at the change',
    kind: 'failed',
  });
}

/** An older report. Another instruction set or number of threads is refused: every difference would pass for one of the code. */
function readReport(path: string, device: string): BenchmarkReport {
  const report = parsed(path);
  if (report === null || report.version !== 2) {
    throw new AmrError({
      what: `--compare ${path}`,
      got: 'a file that is not a benchmark report',
      expected: 'a file that bench --output wrote',
      hint: 'run agentmmrec bench --output old.json first',
    });
  }
  if (report.machine.device === device) return report;
  throw new AmrError({
    what: `--compare ${path}`,
    got: `measured with ${report.machine.device}`,
    expected: `${device}, as here`,
    hint: 'give this run the same --isa and --threads, or compare with a report of this device',
  });
}

/** What the file holds; null where it is no JSON. */
function parsed(path: string): BenchmarkReport | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as BenchmarkReport;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw fileError(`reading ${path}`, cause);
  }
}

/** The commit measured, with a mark when the tree differs from it; `unknown` outside a checkout. */
function currentCommit(): string {
  try {
    const git = (...words: string[]) =>
      execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}

function severalCards(cards: number): AmrError {
  return new AmrError({
    what: 'bench',
    got: `${cards} cards`,
    expected: 'one card, which is measured alone',
    hint: 'name one, as in --device cuda:1',
  });
}
