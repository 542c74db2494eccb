import { element, escapeMarkup } from './markup.js';
import { linearScale, type Scale } from './scale.js';

export interface Series {
  readonly name: string;
  /** [x, y], x ascending */
  readonly points: readonly (readonly [number, number])[];
  /** which of the page's colours; default: its place in the chart */
  readonly colour?: number;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

/** An estimate with its interval: a dot and a bar. */
export interface IntervalRow {
  readonly label: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface IntervalChart {
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly IntervalRow[];
}

const WIDTH = 720;
const LINE_HEIGHT = 340;
const MARGIN = { top: 12, right: 16, bottom: 44, left: 64 };
/** As many as the page's style sheet has colours; a chart with more series repeats them with dashes. */
const COLOURS = 8;

/** Curves over a common x axis, with a legend. */
export function lineChart(chart: LineChart): string {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return figure(chart.title, '<p>No data.</p>');
  const bottom = LINE_HEIGHT - MARGIN.bottom;
  const x = linearScale(...range(points.map(([value]) => value)), MARGIN.left, WIDTH - MARGIN.right, 8);
  const y = linearScale(...range(points.map(([, value]) => value)), bottom, MARGIN.top, 6);
  const curves = chart.series.map((series, i) => {
    const path = series.points.map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`);
    const title = element('title', {}, escapeMarkup(series.name));
    const [lastX, lastY] = series.points.at(-1) ?? [0, 0];
    const end = element('circle', {
      cx: x(lastX).toFixed(1),
      cy: y(lastY).toFixed(1),
      r: 3,
      class: `dot ${colour(series.colour ?? i)}`,
    });
    return element('path', { d: path.join(''), class: `curve ${colour(series.colour ?? i)}` }, title) + end;
  });
  const axes = gridLines(x, y, bottom) + axisLabels(chart.xLabel, chart.yLabel, LINE_HEIGHT);
  return figure(chart.title, drawing(LINE_HEIGHT, axes + curves.join('')) + legend(chart.series));
}

/** Differences with their intervals around a line at zero, each under its label. */
export function intervalChart(chart: IntervalChart): string {
  if (chart.rows.length === 0) return figure(chart.title, '<p>No data.</p>');
  const rowHeight = 44;
  const left = MARGIN.right;
  const height = MARGIN.top + chart.rows.length * rowHeight + MARGIN.bottom;
  const bottom = height - MARGIN.bottom;
  const [low, high] = range([0, ...chart.rows.flatMap((row) => [row.low, row.high])]);
  const x = linearScale(low, high, left, WIDTH - MARGIN.right, 8);
  const rows = chart.rows.map((row, i) => intervalRow(row, x, left, MARGIN.top + i * rowHeight));
  const ticks = x.ticks.map((tick) => {
    const kind = Math.abs(tick) < 1e-12 ? 'zero' : 'grid';
    return (
      element('line', { x1: x(tick), x2: x(tick), y1: MARGIN.top, y2: bottom, class: kind }) +
      element('text', { x: x(tick), y: bottom + 18, 'text-anchor': 'middle', class: 'tick' }, x.format(tick))
    );
  });
  const label = element('text', { x: WIDTH / 2, y: height - 6, 'text-anchor': 'middle' }, escapeMarkup(chart.xLabel));
  return figure(chart.title, drawing(height, ticks.join('') + rows.join('') + label));
}

function intervalRow(row: IntervalRow, x: Scale, left: number, top: number): string {
  const side = row.low > 0 ? 'gain' : row.high < 0 ? 'loss' : 'tie';
  const middle = top + 30;
  const bar = { x1: x(row.low).toFixed(1), x2: x(row.high).toFixed(1), y1: middle, y2: middle, class: `bar ${side}` };
  const title = element('title', {}, escapeMarkup(`${row.label}: ${row.estimate} [${row.low}, ${row.high}]`));
  return (
    element('text', { x: left, y: top + 15, class: 'label' }, escapeMarkup(row.label)) +
    element('line', bar) +
    element('circle', { cx: x(row.estimate).toFixed(1), cy: middle, r: 5, class: `point ${side}` }, title)
  );
}

function gridLines(x: Scale, y: Scale, bottom: number): string {
  const right = WIDTH - MARGIN.right;
  const vertical = x.ticks.map((tick) =>
    element('text', { x: x(tick).toFixed(1), y: bottom + 18, 'text-anchor': 'middle', class: 'tick' }, x.format(tick)),
  );
  const horizontal = y.ticks.map(
    (tick) =>
      element('line', { x1: MARGIN.left, x2: right, y1: y(tick).toFixed(1), y2: y(tick).toFixed(1), class: 'grid' }) +
      element(
        'text',
        { x: MARGIN.left - 8, y: (y(tick) + 4).toFixed(1), 'text-anchor': 'end', class: 'tick' },
        y.format(tick),
      ),
  );
  return vertical.join('') + horizontal.join('');
}

function axisLabels(xLabel: string, yLabel: string, height: number): string {
  const middle = (height - MARGIN.bottom + MARGIN.top) / 2;
  return (
    element('text', { x: (MARGIN.left + WIDTH) / 2, y: height - 6, 'text-anchor': 'middle' }, escapeMarkup(xLabel)) +
    element('text', { transform: `translate(16 ${middle}) rotate(-90)`, 'text-anchor': 'middle' }, escapeMarkup(yLabel))
  );
}

function legend(series: readonly Series[]): string {
  const keys = series.map(({ name, colour: chosen }, i) => {
    const line = element('line', { x1: 0, x2: 22, y1: 6, y2: 6, class: `curve ${colour(chosen ?? i)}` });
    return element(
      'li',
      {},
      element('svg', { width: 22, height: 12, 'aria-hidden': 'true' }, line) + escapeMarkup(name),
    );
  });
  return element('ul', { class: 'legend' }, keys.join(''));
}

function figure(title: string, content: string): string {
  return element('figure', {}, element('figcaption', {}, escapeMarkup(title)) + content);
}

function drawing(height: number, content: string): string {
  return element('svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img' }, content);
}

function colour(i: number): string {
  return `colour${i % COLOURS}${i >= COLOURS ? ' dashed' : ''}`;
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
