import type { Machine } from './machine.js';
import type { Measurement } from './measure.js';

/** One run of the benchmark, as it is written to JSON and compared with later ones. */
export interface BenchmarkReport {
  readonly version: 2;
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly libraries: Readonly<Record<string, string>>;
  readonly sizes: readonly { readonly name: string; readonly origin: string }[];
  readonly measurements: readonly Measurement[];
}

/** Seconds in the unit a person reads. */
export function showSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toFixed(2)} ms`;
  return `${(seconds * 1e6).toFixed(1)} us`;
}

/** What bounds a measurement: the share of the measured memory rate or of the arithmetic rate it reaches, whichever is larger. */
export function shareOfPeak(machine: Machine, m: Measurement): { percent: number; of: string } {
  const memory = (100 * m.gigabytesPerSecond) / machine.gigabytesPerSecond;
  const arithmetic = (100 * m.gigaflopsPerSecond) / machine.gigaflopsPerSecond;
  return memory > arithmetic ? { percent: memory, of: 'memory' } : { percent: arithmetic, of: 'arithmetic' };
}

/** The report as Markdown: one table, targets marked held or missed. */
export function renderMarkdown(report: BenchmarkReport): string {
  const { machine } = report;
  const lines = [
    `# Kernel benchmark, ${report.date}, commit ${report.commit}`,
    '',
    `${machine.processor}; ${machine.device}; Node ${machine.node}; ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB.`,
    `Measured ceilings: memory ${machine.gigabytesPerSecond.toFixed(1)} GB/s, cache ${machine.cacheGigabytesPerSecond.toFixed(1)} GB/s, matrix product ${machine.gigaflopsPerSecond.toFixed(0)} GFLOP/s.`,
    `Peers: ${
      Object.entries(report.libraries)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ') || 'none'
    }.`,
    ...report.sizes.map((size) => `Size ${size.name}: ${size.origin}.`),
    '',
    'Ours and each peer ran in turns in one process tree; times are medians, IQR is the interquartile range, a ratio above 1 means we are faster and comes with a 95 % interval. Over 100 % of memory means that caches served part of the counted bytes. * marks an IQR over 2 %.',
    '',
    '| case | ours | IQR | GB/s | GFLOP/s | of peak | peer | its time | ratio | target | agreement |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const m of report.measurements) {
    const share = shareOfPeak(machine, m);
    const own = [
      m.name,
      `${showSeconds(m.ours.median)}${m.noisy ? ' *' : ''}`,
      showSeconds(m.ours.interquartileRange),
      m.gigabytesPerSecond.toFixed(1),
      m.gigaflopsPerSecond.toFixed(1),
      `${share.percent.toFixed(0)} % of ${share.of}`,
    ];
    const rows = m.others.map((other) => {
      const { value, low, high } = other.ratio;
      const target = other.target === undefined ? '' : `${other.target}x ${value >= other.target ? 'held' : 'missed'}`;
      const ratio = `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
      return [other.name, showSeconds(other.median), ratio, target, other.agreement ?? ''];
    });
    for (const { name, why } of m.missing) rows.push([name, 'missing', why, '', '']);
    if (rows.length === 0) rows.push(['', '', '', '', '']);
    for (const [index, row] of rows.entries()) {
      lines.push(`| ${[...(index === 0 ? own : own.map(() => '')), ...row].join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
