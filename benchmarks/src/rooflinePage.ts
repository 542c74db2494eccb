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

function roofline(report: BenchmarkReport): string {
  const { machine } = report;
  const measurements = report.measurements.filter((m) => m.gigabytesPerSecond > 0 && m.gigaflopsPerSecond > 0);
  if (measurements.length === 0) return '';
  const intensity = measurements.map((m) => m.gigaflopsPerSecond / m.gigabytesPerSecond);
  const xs = [Math.min(0.05, ...intensity) / 2, Math.max(100, ...intensity) * 2];
  const ys = [Math.min(1, ...measurements.map((m) => m.gigaflopsPerSecond)) / 2, machine.gigaflopsPerSecond * 2];
  const scale = (value: number, [low, high]: number[], from: number, to: number) =>
    from + ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))) * (to - from);
  const x = (v: number) => scale(v, xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = (v: number) => scale(v, ys, HEIGHT - MARGIN.bottom, MARGIN.top);
  const roof = (rate: number, dash: string) => {
    const ridge = machine.gigaflopsPerSecond / rate;
    const start = Math.max(xs[0], ys[0] / rate);
    const points = [
      [start, start * rate],
      [ridge, machine.gigaflopsPerSecond],
      [xs[1], machine.gigaflopsPerSecond],
    ];
    const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="${dash}"/>`;
  };
  const dots = measurements.map((m, i) => {
    const [cx, cy] = [x(intensity[i]), y(m.gigaflopsPerSecond)];
    return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="5" fill="hsl(${(i * 47) % 360} 65% 50%)"><title>${escapeText(m.name)}</title></circle>
<text x="${(cx + 8).toFixed(1)}" y="${(cy + 4).toFixed(1)}">${i + 1}</text>`;
  });
  const legend = measurements.map((m, i) => `${i + 1} ${escapeText(m.name)}`).join(' · ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Roofline: rate against arithmetic intensity">
${roof(machine.gigabytesPerSecond, '')}${roof(machine.cacheGigabytesPerSecond, '5 4')}
${dots.join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">floating point operations per byte counted</text>
<text x="16" y="${HEIGHT / 2}" transform="rotate(-90 16 ${HEIGHT / 2})" text-anchor="middle">GFLOP/s</text>
</svg>
<p>Solid roof: measured memory and matrix-product rates; dashed: data in the last cache. ${legend}</p>`;
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
    if (heading) html.push(`<h${heading[1].length}>${escapeText(heading[2])}</h${heading[1].length}>`);
    else if (!isRow && line) html.push(`<p>${escapeText(line)}</p>`);
  }
  return html.join('\n').concat(inTable ? '</table>' : '');
}

function tableRow(line: string, tag: 'th' | 'td'): string {
  const cells = line.slice(2, -2).split(' | ');
  return `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
