import type { Measurement } from './measure.js';
import { type BenchmarkReport, shareOfPeak, showBytes, showSeconds } from './report.js';
import { requirements } from './requirements.js';
import type { Fact } from './suite.js';

/** How far a prediction may be from the measurement. */
const TOLERANCE = 0.25;

/** The report as Markdown: cases and peers, what the cost model says, how time grows, what larger graphs would need. */
export function renderMarkdown(report: BenchmarkReport): string {
  return `${[
    ...heading(report),
    ...caseTable(report),
    ...facts(report.measurements),
    ...bounds(report),
    ...modelTable(report.measurements),
    ...scalingTables(report.measurements),
    ...rateTable(report),
    ...requirementTable(report),
  ].join('\n')}\n`;
}

function heading({ date, commit, machine, libraries, sizes }: BenchmarkReport): string[] {
  const peers = Object.entries(libraries).map(([name, version]) => `${name} ${version}`);
  return [
    `# Kernel benchmark, ${date}, commit ${commit}`,
    '',
    `${machine.processor}; ${machine.device}; Node ${machine.node}; ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB.`,
    `Measured ceilings: memory ${machine.gigabytesPerSecond.toFixed(1)} GB/s, cache ${machine.cacheGigabytesPerSecond.toFixed(1)} GB/s, matrix product ${machine.gigaflopsPerSecond.toFixed(0)} GFLOP/s.`,
    `Peers: ${peers.join(', ') || 'none'}.`,
    ...sizes.map((size) => `Size ${size.name}: ${size.origin}.`),
    '',
  ];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${titles.join(' | ')} |`,
    `|${'---|'.repeat(titles.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

const caseTitles = [
  ...['case', 'ours', 'IQR', 'GB/s', 'GFLOP/s', 'of peak', 'beside', 'its time', 'ratio', 'target', 'agreement'],
] as const;

function caseTable({ machine, measurements }: BenchmarkReport): string[] {
  if (measurements.length === 0) return [];
  const rows = measurements.flatMap((m) => {
    const share = shareOfPeak(machine, m);
    const own = [
      m.name,
      `${showSeconds(m.ours.median)}${m.noisy ? ' *' : ''}`,
      showSeconds(m.ours.interquartileRange),
      m.gigabytesPerSecond ? m.gigabytesPerSecond.toFixed(1) : '',
      m.gigaflopsPerSecond ? m.gigaflopsPerSecond.toFixed(1) : '',
      m.gigabytesPerSecond ? `${share.percent.toFixed(0)} % of ${share.of}` : '',
    ];
    const others = contenders(m);
    return (others.length ? others : [['', '', '', '', '']]).map((other, turn) => [
      ...(turn === 0 ? own : own.map(() => '')),
      ...other,
    ]);
  });
  return [
    'Ours and each of the others ran in turns in one process tree; times are medians, IQR is the interquartile range, a ratio above 1 means we are faster and comes with a 95 % interval. Over 100 % of memory means that caches served part of the counted bytes. * marks an IQR over 2 %: read the ratio with its interval. A part of the work was run, and its time divided by it, where the time says so.',
    '',
    ...table(caseTitles, rows),
  ];
}

function contenders(m: Measurement): string[][] {
  const ran = m.others.map(({ name, median, ratio, target, agreement, share }) => [
    name,
    `${showSeconds(median)}${share ? ` (from ${(100 * share).toPrecision(2)} % of it)` : ''}`,
    `${ratio.value.toFixed(2)} [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`,
    target === undefined ? '' : `${Number(target.toPrecision(3))}x ${ratio.value >= target ? 'held' : 'missed'}`,
    agreement ?? '',
  ]);
  return [...ran, ...m.missing.map(({ name, why }) => [name, 'missing', why, '', ''])];
}

function facts(measurements: readonly Measurement[]): string[] {
  const rows = measurements.flatMap((m) =>
    m.facts.map((fact) => [m.name, fact.name, showFact(fact, fact.value), heldFact(fact)]),
  );
  return rows.length === 0
    ? []
    : ['', '## Beside the time', '', ...table(['case', 'what', 'measured', 'target'], rows)];
}

/** A fact's number in its unit. */
function showFact({ unit }: Fact, value: number): string {
  if (unit === 'bytes') return showBytes(value);
  if (unit === 'seconds') return showSeconds(value);
  const shown = value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
  return unit === 'per second' ? `${shown} a second` : shown;
}

function heldFact(fact: Fact): string {
  const { atMost, atLeast } = fact.target ?? {};
  const parts = [
    ...(atMost === undefined ? [] : [`at most ${showFact(fact, atMost)} ${fact.value <= atMost ? 'held' : 'missed'}`]),
    ...(atLeast === undefined
      ? []
      : [`at least ${showFact(fact, atLeast)} ${fact.value >= atLeast ? 'held' : 'missed'}`]),
  ];
  return parts.join(', ');
}

function bounds({ measurements, machine }: BenchmarkReport): string[] {
  const missed = measurements.flatMap((measurement) => {
    // the one that is furthest from its target
    const short = measurement.others.reduce((most, { ratio, target = 0 }) => Math.max(most, target / ratio.value), 0);
    return short > 1 ? [{ measurement, short }] : [];
  });
  if (missed.length === 0) return [];
  const lines = missed.map(({ measurement, short }) => {
    const { percent, of } = shareOfPeak(machine, measurement);
    const target = `Held, it would run at ${(percent * short).toFixed(0)} % of the measured ${of}, ${percent.toFixed(0)} % now.`;
    return `- ${[`${measurement.name}:`, measurement.bound, target].filter((part) => part !== undefined).join(' ')}`;
  });
  return ['', '## What bounds the missed', '', ...lines];
}

/** The share by which a prediction is off: 0.1 for ten percent too long. */
function predictionError({ prediction, alone }: Measurement): number | null {
  return prediction ? prediction.seconds / alone.median - 1 : null;
}

function modelTable(measurements: readonly Measurement[]): string[] {
  const predicted = measurements.filter(({ prediction }) => prediction);
  if (predicted.length === 0) return [];
  const within = predicted.filter((m) => Math.abs(predictionError(m) ?? 0) <= TOLERANCE).length;
  const rows = predicted.map((m) => [
    m.name,
    showSeconds(m.alone.median),
    showSeconds(m.prediction?.seconds ?? 0),
    percent(predictionError(m) ?? 0),
    causes(m),
  ]);
  return [
    '',
    '## Cost model',
    '',
    `From the counts of the algorithm and the rates below, measured in this run on inputs of their own: ${within} of ${predicted.length} predictions are within ${100 * TOLERANCE} % of the measurement, one run after the other with nothing between.`,
    '',
    ...table(['case', 'measured', 'predicted', 'off by', 'of it'], rows),
  ];
}

function causes({ prediction }: Measurement): string {
  const { parts = [], seconds = 1 } = prediction ?? {};
  return [...parts]
    .sort((a, b) => b.seconds - a.seconds)
    .filter((part) => part.seconds >= 0.01 * seconds)
    .map((part) => `${part.cause} ${((100 * part.seconds) / seconds).toFixed(0)} %`)
    .join(', ');
}

function percent(part: number): string {
  return `${part >= 0 ? '+' : ''}${(100 * part).toFixed(0)} %`;
}

/** One table for each thing measured and axis: how time grows, as the exponent between two lines. */
function scalingTables(measurements: readonly Measurement[]): string[] {
  const tables = new Map<string, Measurement[]>();
  for (const m of measurements) {
    if (!m.scaling) continue;
    const title = `${m.scaling.of} against ${m.scaling.axis}`;
    tables.set(title, [...(tables.get(title) ?? []), m]);
  }
  if (tables.size === 0) return [];
  const lines = [...tables].flatMap(([title, rows]) => [
    '',
    `### ${title[0].toUpperCase()}${title.slice(1)}`,
    '',
    ...table([rows[0].scaling?.axis ?? '', 'case', 'measured', 'grows as', 'predicted'], scalingRows(rows)),
  ]);
  return [
    '',
    '## Scaling',
    '',
    'One thing changes in each table. "Grows as" is the exponent of the axis from the line before: 1 is linear.',
    ...lines,
  ];
}

function scalingRows(rows: readonly Measurement[]): string[][] {
  return rows.map((m, line) => {
    const before = rows[line - 1];
    const at = m.scaling?.at ?? 1;
    const exponent = before
      ? Math.log(m.alone.median / before.alone.median) / Math.log(at / (before.scaling?.at ?? 1))
      : Number.NaN;
    return [
      at.toLocaleString('en-US'),
      m.name,
      showSeconds(m.alone.median),
      before ? `^${exponent.toFixed(2)}` : '',
      m.prediction ? showSeconds(m.prediction.seconds) : '',
    ];
  });
}

function rateTable({ machine: { rates } }: BenchmarkReport): string[] {
  const nanoseconds = (seconds: number) => `${(1e9 * seconds).toPrecision(3)} ns`;
  const places = ['first cache', 'second cache', 'last cache', 'memory'];
  const [nearStream, farStream] = [rates.streams[0], rates.streams[rates.streams.length - 1]];
  const [nearAdam, farAdam] = [rates.adam[0], rates.adam[rates.adam.length - 1]];
  const busRate = (seconds: number) => `${(1e-9 / seconds).toFixed(0)} GB/s`;
  return [
    '',
    '## Rates of the machine',
    '',
    ...table(
      ['what', 'measured'],
      [
        [
          `caches (${rates.caches.source}), threads`,
          `${[rates.caches.first, rates.caches.second, rates.caches.last].map(showBytes).join(', ')}; of the last ${showBytes(rates.ownLastCacheBytes)} ours; ${rates.threads}`,
        ],
        [
          'bytes on the bus of a stream, in cache and in memory',
          `${busRate(nearStream.seconds)}, ${busRate(farStream.seconds)}`,
        ],
        ...rates.gathers.map(({ wide, narrow, strided }, level) => [
          `a random row of 64 columns, of 16, of 64 out of 192, in the ${places[level]}`,
          [wide, narrow, strided].map(nanoseconds).join(', '),
        ]),
        [
          'an element that Adam moves, in cache and in memory',
          [nearAdam.seconds, farAdam.seconds].map(nanoseconds).join(', '),
        ],
        ['an element and step of rows that waited', nanoseconds(rates.secondsPerWaitingStep)],
        ['matrix product', `${(rates.product.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s`],
        [
          'a score, a candidate of a ranking',
          [rates.ranking.secondsPerScore, rates.ranking.secondsPerCandidate].map(nanoseconds).join(', '),
        ],
        [
          'a score, a candidate of a neighbour search',
          [rates.pairs.secondsPerScore, rates.pairs.secondsPerCandidate].map(nanoseconds).join(', '),
        ],
        ['a logit of InfoNCE', nanoseconds(rates.secondsPerLogit)],
        [
          'a row copied out by id, added in by id, in cache and in memory',
          [
            rates.rowCopies.gatherCached,
            rates.rowCopies.scatterCached,
            rates.rowCopies.gatherMemory,
            rates.rowCopies.scatterMemory,
          ]
            .map(nanoseconds)
            .join(', '),
        ],
        [
          'a training positive drawn, an id put into order',
          [rates.secondsPerPositive, rates.secondsPerSortedId].map(nanoseconds).join(', '),
        ],
      ],
    ),
  ];
}

function requirementTable({ machine: { rates, memoryBytes } }: BenchmarkReport): string[] {
  const rows = requirements(rates).map((one) => [
    one.name,
    one.nodes.toLocaleString('en-US'),
    one.edges.toLocaleString('en-US'),
    showSeconds(one.propagationSeconds),
    showSeconds(one.epochSeconds),
    showSeconds(one.fewStepsSeconds),
    `${showBytes(one.bytes)}${one.bytes > memoryBytes ? ', more than this machine has' : ''}`,
  ]);
  return [
    '',
    '## What larger graphs would need',
    '',
    'LightGCN, 64 wide, 2 layers, batches of 2048, by the cost model with the rates above. Edges are training interactions; nodes keep the mean degree of Clothing; rows are taken as read at random, which is unkind to real graphs. Time of an epoch grows with the square of the edges while the batch stays, because every step passes over the whole graph; in sixteen steps (`--preset fast`) it grows with the edges. Indices are 32 bits wide, so an adjacency holds at most 2^31 - 1 entries, just above 10^9 edges in both directions.',
    '',
    ...table(
      ['graph', 'nodes', 'edges', 'one propagation', 'one epoch', 'in sixteen steps', 'memory of training'],
      rows,
    ),
  ];
}
