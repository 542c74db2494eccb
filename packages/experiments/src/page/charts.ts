import { escapeHtml } from '@agentmmrec/core';
import { element } from './markup.js';
import { linearScale, logScale, type Scale } from './scale.js';

export interface Series {
  readonly name: string;
  /** [x, y], x ascending */
  readonly points: readonly (readonly [number, number])[];
  /** which of the page's colours; default: its place in the chart */
  readonly colour?: number;
  /** drawn thin and grey, behind the others, and not named in the legend */
  readonly quiet?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** names of the places 0, 1, ... on the x axis, where they are no numbers */
  readonly places?: readonly string[];
  /** dots alone, each with its series' number: a scatter plot */
  readonly dots?: boolean;
  /** x over zero: in the logarithm where the largest is far above the smallest */
  readonly wideRange?: boolean;
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

/** Cells coloured by sign and strength; row and column names are the same. */
export interface HeatMap {
  readonly title: string;
  readonly labels: readonly string[];
  readonly cells: readonly (readonly (HeatCell | null)[])[];
  readonly caption: string;
}

export interface HeatCell {
  readonly text: string;
  readonly side: 'gain' | 'loss' | 'tie';
  /** 0 to 1 */
  readonly strength: number;
  readonly hint: string;
}

/** Times the smallest value, from which a linear axis would press most dots together. */
const FAR = 30;

/** As many as the page's style sheet has colours; a chart with more series repeats them with dashes. */
const COLOURS = 8;

/**
 * Curves over a common x axis, with a legend. The drawing stretches with the page; words and dots are laid over it, so that they
 * keep their size on a narrow screen.
 */
export function lineChart(given: LineChart): string {
  const chart = { ...given, series: loudLast(given.series) };
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return figure(chart.title, '<p>No data.</p>');
  const x = axis(
    points.map(([value]) => value),
    0,
    100,
    6,
    chart,
  );
  const y = axis(
    points.map(([, value]) => value),
    100,
    0,
    5,
    {},
  );
  const curves = chart.dots ? '' : chart.series.map((series, i) => curve(series, i, x, y)).join('');
  const dots = chart.series.flatMap((series, i) => dotsOf(series, i, x, y, chart));
  const lines = y.ticks.map((tick) => line(0, y(tick), 100, y(tick), 'grid'));
  const drawing = element(
    'svg',
    { viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    lines.join('') + curves,
  );
  const yTicks = y.ticks.map((tick) => at('ytick', { top: y(tick) }, y.format(tick)));
  const xTicks = chart.places
    ? chart.places.map((name, place) => at('xtick', { left: x(place) }, escapeHtml(name)))
    : x.ticks.map((tick) => at('xtick', { left: x(tick) }, x.format(tick)));
  const area = element(
    'div',
    { class: 'area', role: 'img', 'aria-label': chart.title },
    drawing + [...yTicks, ...xTicks, ...dots].join(''),
  );
  const plot = element('div', { class: 'plot' }, element('div', { class: 'ylabel' }, escapeHtml(chart.yLabel)) + area);
  return figure(chart.title, plot + element('div', { class: 'xlabel' }, escapeHtml(chart.xLabel)) + legend(chart));
}

/** Differences with their intervals around a line at zero, each beside its label. */
export function intervalChart(chart: IntervalChart): string {
  if (chart.rows.length === 0) return figure(chart.title, '<p>No data.</p>');
  const ends = chart.rows.flatMap((row) => [row.low, row.high]);
  const x = linearScale(Math.min(0, ...ends), Math.max(0, ...ends), 0, 100, 4);
  const rows = chart.rows.map((row) => intervalRow(row, x));
  const ticks = x.ticks.map((tick) => at('xtick', { left: x(tick) }, x.format(tick)));
  const scale = element(
    'div',
    { class: 'interval axis' },
    `<span></span>${element('div', { class: 'track' }, ticks.join(''))}<span></span>`,
  );
  return figure(chart.title, rows.join('') + scale + element('div', { class: 'xlabel' }, escapeHtml(chart.xLabel)));
}

/** Every row against every other. */
export function heatMap({ title, labels, cells, caption }: HeatMap): string {
  if (labels.length < 2) return figure(title, '<p>No data.</p>');
  const head = labels.map((label, n) => element('th', { scope: 'col', title: label }, String(n + 1)));
  const rows = cells.map((row, n) => {
    const inner = row.map((cell) =>
      cell === null
        ? '<td></td>'
        : element(
            'td',
            { class: `heat ${cell.side}`, style: `--strength: ${(100 * cell.strength).toFixed(0)}%`, title: cell.hint },
            escapeHtml(cell.text),
          ),
    );
    return element('tr', {}, element('th', { scope: 'row' }, `${n + 1} ${escapeHtml(labels[n])}`) + inner.join(''));
  });
  const table = element(
    'table',
    { class: labels.length > 16 ? 'heatmap many' : 'heatmap' },
    element('thead', {}, element('tr', {}, `<th></th>${head.join('')}`)) + element('tbody', {}, rows.join('\n')),
  );
  return figure(
    title,
    element('div', { class: 'scroll' }, table) + element('p', { class: 'caption' }, escapeHtml(caption)),
  );
}

function curve(series: Series, i: number, x: Scale, y: Scale): string {
  const path = series.points.map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${x(px).toFixed(2)} ${y(py).toFixed(2)}`);
  const look = series.quiet ? 'quiet' : colour(series.colour ?? i);
  const title = series.quiet ? element('title', {}, escapeHtml(series.name)) : '';
  return element('path', { d: path.join(''), class: `curve ${look}` }, title);
}

/** Those that stand out are drawn over the quiet ones and keep the colour of their place among themselves. */
function loudLast(series: readonly Series[]): Series[] {
  const loud = series.filter(({ quiet }) => !quiet).map((one, i) => ({ ...one, colour: one.colour ?? i }));
  return [...series.filter(({ quiet }) => quiet), ...loud];
}

/** A dot on each point where there are few, at the last point of a curve else. */
function dotsOf(series: Series, i: number, x: Scale, y: Scale, chart: LineChart): string[] {
  if (series.quiet) return [];
  const few = chart.dots || chart.places !== undefined || series.points.length <= 12;
  const shown = few ? series.points : series.points.slice(-1);
  return shown.map(([px, py]) => {
    const name = chart.places ? chart.places[px] : x.format(px);
    const place = `left: ${x(px).toFixed(2)}%; top: ${y(py).toFixed(2)}%`;
    const title = `${series.name}: ${name}, ${shortNumber(py)}`;
    const number = chart.dots ? String(i + 1) : '';
    return element(
      'span',
      { class: `dot ${colour(series.colour ?? i)}${chart.dots ? ' numbered' : ''}`, style: place, title },
      number,
    );
  });
}

function intervalRow(row: IntervalRow, x: Scale): string {
  const side = row.low > 0 ? 'gain' : row.high < 0 ? 'loss' : 'tie';
  const [from, to] = [x(row.low), x(row.high)];
  const said = `${shortNumber(row.estimate)} [${shortNumber(row.low)}, ${shortNumber(row.high)}]`;
  const track =
    at('zero', { left: x(0) }) +
    element('span', { class: `bar ${side}`, style: `left: ${from.toFixed(2)}%; width: ${(to - from).toFixed(2)}%` }) +
    element('span', {
      class: `point ${side}`,
      style: `left: ${x(row.estimate).toFixed(2)}%`,
      title: `${row.label}: ${said}`,
    });
  return element(
    'div',
    { class: 'interval' },
    element('span', { class: 'label' }, escapeHtml(row.label)) +
      element('div', { class: 'track' }, track) +
      element('span', { class: 'said' }, said),
  );
}

function axis(
  values: readonly number[],
  from: number,
  to: number,
  wanted: number,
  { places, wideRange }: Pick<LineChart, 'places' | 'wideRange'>,
): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (wideRange && low > 0 && high > FAR * low) return logScale(low, high, from, to);
  if (!places) return linearScale(low, high, from, to, wanted);
  const last = Math.max(1, places.length - 1);
  // Half a place of air on both sides.
  const scale = (place: number) => from + ((place + 0.5) / (last + 1)) * (to - from);
  return Object.assign(scale, { ticks: places.map((_, place) => place), format: (place: number) => places[place] });
}

function line(x1: number, y1: number, x2: number, y2: number, name: string): string {
  return element('line', { x1, y1: y1.toFixed(2), x2, y2: y2.toFixed(2), class: name });
}

function at(name: string, place: Readonly<Record<string, number>>, content = ''): string {
  const style = Object.entries(place).map(([side, share]) => `${side}: ${share.toFixed(2)}%`);
  return element('span', { class: name, style: style.join('; ') }, content);
}

function legend({ series, dots }: LineChart): string {
  if (series.length < 2 && !dots) return '';
  const quiet = series.filter((one) => one.quiet).length;
  const others = quiet === 0 ? [] : [element('li', {}, `${element('span', { class: 'key quiet' })}${quiet} others`)];
  const loud = series.filter((one) => !one.quiet);
  const keys = loud.map(({ name, colour: chosen }, i) => {
    const key = dots
      ? element('span', { class: `dot numbered ${colour(chosen ?? i)}` }, String(i + 1))
      : element('span', { class: `key ${colour(chosen ?? i)}` });
    return element('li', {}, key + escapeHtml(name));
  });
  return element('ul', { class: 'legend' }, [...keys, ...others].join(''));
}

function figure(title: string, content: string): string {
  return element('figure', {}, element('figcaption', {}, escapeHtml(title)) + content);
}

function colour(i: number): string {
  return `colour${i % COLOURS}${i >= COLOURS ? ' dashed' : ''}`;
}

/** Four digits that count: nobody reads seventeen. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return value.toFixed(0);
  return Number(value.toPrecision(4)).toString();
}
