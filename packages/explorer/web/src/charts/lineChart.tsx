import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { useEffect, useRef, useState } from 'preact/hooks';
import { decimal } from '../words.js';

/** One curve. */
export interface Curve {
  readonly name: string;
  /** ascending in x; null: nothing was measured there */
  readonly points: readonly { readonly x: number; readonly y: number | null }[];
}

const HEIGHT = 240;
const EDGE = { left: 52, right: 14, top: 12, bottom: 42 };
const COLOURS = 8;

/** Curves over a common axis; the pointer or the arrow keys read them off, and the legend says the values there. */
export function LineChart({ title, curves, xName }: { title: string; curves: readonly Curve[]; xName: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const measured = curves.map(({ name, points }) => ({ name, points: points.filter(isMeasured) }));
  const all = measured.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const x = scaleLinear([xs[0] ?? 0, Math.max(xs.at(-1) ?? 1, (xs[0] ?? 0) + 1)], [EDGE.left, width - EDGE.right]);
  const values = all.map(({ y }) => y);
  const y = scaleLinear(
    [Math.min(...values, Infinity), Math.max(...values, -Infinity)],
    [HEIGHT - EDGE.bottom, EDGE.top],
  ).nice(5);
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  );
  const point = (event: PointerEvent) => {
    const place = x.invert(event.offsetX);
    setAt(nearest(xs, place));
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const now = at === null ? xs.length - 1 : xs.indexOf(at) + step;
    setAt(xs[Math.max(0, Math.min(xs.length - 1, now))] ?? null);
  };
  if (all.length === 0) return <p class="soft">Nothing was measured yet.</p>;
  return (
    <div ref={box}>
      <svg
        class="chart"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={title}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read the curves off
        tabIndex={0}
        onPointerMove={point}
        onPointerLeave={() => setAt(null)}
        onKeyDown={press}
        onBlur={() => setAt(null)}
      >
        {y.ticks(5).map((tick) => (
          <g key={tick}>
            <line class="grid" x1={EDGE.left} x2={width - EDGE.right} y1={y(tick)} y2={y(tick)} />
            <text x={EDGE.left - 8} y={y(tick) + 4} text-anchor="end">
              {y.tickFormat(5)(tick)}
            </text>
          </g>
        ))}
        {x
          .ticks(Math.max(2, Math.floor(width / 110)))
          .filter(Number.isInteger)
          .map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - EDGE.bottom + 18} text-anchor="middle">
              {tick}
            </text>
          ))}
        <text x={width - EDGE.right} y={HEIGHT - 6} text-anchor="end">
          {xName}
        </text>
        {at !== null && <line class="cross" x1={x(at)} x2={x(at)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />}
        {measured.map(({ name, points }, n) => (
          <g key={name}>
            <path class={`curve s${n % COLOURS}`} d={path(points) ?? ''} />
            {dotsOf(points, at).map((dot) => (
              <circle key={dot.x} class={`dot f${n % COLOURS}`} cx={x(dot.x)} cy={y(dot.y)} r={4} />
            ))}
          </g>
        ))}
      </svg>
      <ul class="legend">
        {measured.map(({ name, points }, n) => (
          <li key={name}>
            <svg viewBox="0 0 18 10" aria-hidden="true">
              <line class={`s${n % COLOURS}`} x1="1" x2="17" y1="5" y2="5" stroke-width="3" stroke-linecap="round" />
            </svg>
            {name}
            <span class="value">{readOff(points, at)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

type Measured = { readonly x: number; readonly y: number };

function isMeasured(point: { readonly x: number; readonly y: number | null }): point is Measured {
  return point.y !== null;
}

function nearest(xs: readonly number[], place: number): number | null {
  return xs.reduce<number | null>(
    (best, one) => (best === null || Math.abs(one - place) < Math.abs(best - place) ? one : best),
    null,
  );
}

/** Where it is read, else the end. */
function dotsOf(points: readonly Measured[], at: number | null): readonly Measured[] {
  return at === null ? points.slice(-1) : points.filter(({ x }) => x === at);
}

function readOff(points: readonly Measured[], at: number | null): string {
  const [found] = dotsOf(points, at);
  return found ? `${decimal(found.y)}${at === null ? '' : ` at ${at}`}` : '';
}
