import type { CudaMeasurement, CudaReport } from './cudaBenchmark.js';

/** The report of a card as Markdown. */
export function renderCudaMarkdown({ date, commit, device, rates, sizes, measurements, peer }: CudaReport): string {
  return `${[
    `# Kernels on a card, ${date}, commit ${commit}`,
    '',
    `${device}.`,
    `Measured on it: copies ${rates.gigabytesPerSecond.toFixed(0)} GB/s, matrix products ${rates.gigaflopsPerSecond.toFixed(0)} GFLOP/s.`,
    `Times are the card's own (device events), gaps between launches included. Tables that fit in its second cache may pass 100 %.`,
    `Beside: ${peer}.`,
    ...sizes.map(({ name, origin }) => `Size ${name}: ${origin}.`),
    '',
    '| kernel | size | shape | time | IQR | GB/s | GFLOP/s | of peak | times as fast as |',
    '|---|---|---|---|---|---|---|---|---|',
    ...measurements.map(row),
  ].join('\n')}\n`;
}

function row(m: CudaMeasurement): string {
  const ratios = m.ratios.map(({ name, ratio }) => `${ratio.toFixed(2)} ${name}`).join(', ');
  const cells = [
    m.kernel,
    m.size,
    m.shape,
    microseconds(m.seconds),
    microseconds(m.interquartileRange),
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
