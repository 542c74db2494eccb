import { escapeHtml } from '@agentmmrec/core';
import { renderMarkdown } from './markdown.js';
import type { BenchmarkReport } from './report.js';

const WIDTH = 860;
const HEIGHT = 460;
const MARGIN = { left: 70, right: 20, top: 20, bottom: 50 };

/** The report as one self-contained page: the roofline of the measured machine with every case on it, and the table. */
export function renderPage(report: BenchmarkReport): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Kernel benchmark ${report.date}</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }
table { border-collapse: collapse; font-size: 13px; } td, th { padding: .2rem .5rem; border-bottom: 1px solid #8884; text-align: left; }
</style>
<h1>Kernel benchmark</h1>
${roofline(report)}
${reportHtml(report)}
</html>
`;
}

/** Ceilings and cases over operations per byte, both axes logarithmic. */
function roofline(report: BenchmarkReport): string {
  const { machine } = report;
  const measurements = report.measurements.filter((m) => m.gigabytesPerSecond > 0 && m.gigaflopsPerSecond > 0);
  if (measurements.length === 0) return '';
  const intensity = measurements.map((m) => m.gigaflopsPerSecond / m.gigabytesPerSecond);
  const x = axis(
    [Math.min(0.05, ...intensity) / 2, Math.max(100, ...intensity) * 2],
    [MARGIN.left, WIDTH - MARGIN.right],
  );
  const lowest = Math.min(1, ...measurements.map((m) => m.gigaflopsPerSecond)) / 2;
  const y = axis([lowest, machine.gigaflopsPerSecond * 2], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const dots = measurements.map((m, i) => dot(i, m.name, x.place(intensity[i]), y.place(m.gigaflopsPerSecond)));
  const legend = measurements.map((m, i) => `${i + 1} ${escapeHtml(m.name)}`).join(' · ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Roofline: rate against arithmetic intensity">
${grid(x, y)}
${roof(machine, { rate: machine.gigabytesPerSecond, name: 'memory', dash: '' }, { x, y })}${roof(machine, { rate: machine.cacheGigabytesPerSecond, name: 'last cache', dash: '5 4' }, { x, y })}
${dots.join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 8}" text-anchor="middle">floating point operations per byte counted</text>
<text x="14" y="${HEIGHT / 2}" transform="rotate(-90 14 ${HEIGHT / 2})" text-anchor="middle">GFLOP/s</text>
</svg>
<p>Solid roof: measured memory and matrix-product rates; dashed: data in the last cache. ${legend}</p>`;
}

interface Axis {
  readonly low: number;
  readonly high: number;
  place(value: number): number;
}

function axis([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Axis {
  const place = (value: number) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from);
  return { low, high, place };
}

/** Lines at the powers of ten. */
function grid(x: Axis, y: Axis): string {
  const powers = ({ low, high }: Axis) => {
    const first = Math.ceil(Math.log10(low));
    return Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  };
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#8884"/>`;
  const label = (at: number) => Number(at.toPrecision(1));
  return [
    ...powers(x).map((at) => {
      const place = x.place(at);
      return `${line(place, top, place, bottom)}<text x="${place.toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${label(at)}</text>`;
    }),
    ...powers(y).map((at) => {
      const place = y.place(at);
      return `${line(left, place, right, place)}<text x="${left - 6}" y="${(place + 4).toFixed(1)}" text-anchor="end">${label(at)}</text>`;
    }),
  ].join('\n');
}

/** The slope of a memory rate up to the ceiling of arithmetic. */
function roof(
  { gigaflopsPerSecond }: BenchmarkReport['machine'],
  { rate, name, dash }: { readonly rate: number; readonly name: string; readonly dash: string },
  { x, y }: { readonly x: Axis; readonly y: Axis },
): string {
  const start = Math.max(x.low, y.low / rate);
  const corners = [
    [start, start * rate],
    [gigaflopsPerSecond / rate, gigaflopsPerSecond],
    [x.high, gigaflopsPerSecond],
  ];
  const path = corners.map(([a, b]) => `${x.place(a).toFixed(1)},${y.place(b).toFixed(1)}`).join(' ');
  const middle = Math.sqrt(start * (gigaflopsPerSecond / rate));
  // the dashed roof lies higher: its name goes above it, the solid one's below
  const [right, down, anchor] = dash ? [-8, -6, 'end'] : [8, 16, 'start'];
  const text = `<text x="${(x.place(middle) + right).toFixed(1)}" y="${(y.place(middle * rate) + down).toFixed(1)}" text-anchor="${anchor}">${name} ${rate.toFixed(0)} GB/s</text>`;
  return `<polyline points="${path}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="${dash}"/>${text}`;
}

function dot(index: number, name: string, cx: number, cy: number): string {
  return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="5" fill="hsl(${(index * 47) % 360} 65% 50%)"><title>${escapeHtml(name)}</title></circle>
<text x="${(cx + 8).toFixed(1)}" y="${(cy + 4).toFixed(1)}">${index + 1}</text>`;
}

/** The Markdown report as HTML, so that both say the same: headings, lines, lists and tables are all it uses. */
function reportHtml(report: BenchmarkReport): string {
  const html: string[] = [];
  let inTable = false;
  for (const line of renderMarkdown(report).split('\n').slice(1)) {
    const isRow = line.startsWith('|');
    if (isRow !== inTable) html.push(isRow ? '<table>' : '</table>');
    const tag = isRow && !inTable ? 'th' : 'td';
    inTable = isRow;
    if (isRow && !line.startsWith('|---')) html.push(tableRow(line, tag));
    const heading = /^(#+) (.*)/.exec(line);
    if (heading) html.push(`<h${heading[1].length}>${escapeHtml(heading[2])}</h${heading[1].length}>`);
    else if (!isRow && line) html.push(`<p>${escapeHtml(line)}</p>`);
  }
  return html.join('\n').concat(inTable ? '</table>' : '');
}

function tableRow(line: string, tag: 'th' | 'td'): string {
  const cells = line.slice(2, -2).split(' | ');
  return `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
}
