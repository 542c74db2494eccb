import type { CudaMeasurement, CudaReport } from './cudaBenchmark.js';

/** The report of a card as Markdown. */
export function renderCudaMarkdown({ date, commit, device, rates, sizes, measurements, peer }: CudaReport): string {
  return `${[
    `# Kernels on a card, ${date}, commit ${commit}`,
    '',
    `${device}.`,
    `Measured on it: copies ${rates.gigabytesPerSecond.toFixed(0)} GB/s in its memory and ${rates.cacheGigabytesPerSecond.toFixed(0)} GB/s in its second cache, matrix products ${rates.gigaflopsPerSecond.toFixed(0)} GFLOP/s.`,
    `Times are the card's own (device events), of launches that run as one graph (else "launched"), on as many copies of the arrays in turn as no cache holds.`,
    `Floors: every array once through the card's memory, every visit through its second cache, at those rates; "of peak" is the larger of them, or of the products, over the time.`,
    `Beside: ${peer}.`,
    ...sizes.map(({ name, origin }) => `Size ${name}: ${origin}.`),
    '',
    '| kernel | size | shape | copies | time | IQR | memory floor | cache floor | GB/s | GFLOP/s | of peak | times as fast as |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...measurements.map(row),
  ].join('\n')}\n`;
}

function row(m: CudaMeasurement): string {
  const ratios = m.ratios.map(({ name, ratio }) => `${ratio.toFixed(2)} ${name}`).join(', ');
  const cells = [
    m.kernel,
    m.size,
    m.shape,
    `${m.copies}${m.isRecorded ? '' : ', launched'}`,
    microseconds(m.seconds),
    microseconds(m.interquartileRange),
    microseconds(m.memorySeconds),
    microseconds(m.cacheSeconds),
    m.gigabytesPerSecond.toFixed(0),
    m.gigaflopsPerSecond.toFixed(0),
    `${m.percentOfPeak.toFixed(0)} % of ${m.boundBy}`,
    ratios,
  ];
  return `| ${cells.join(' | ')} |`;
}

function microseconds(seconds: number): string {
  return `${(seconds * 1e6).toFixed(1)} us`;
}
