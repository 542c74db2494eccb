import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceRadial,
  forceSimulation,
  type SimulationNodeDatum,
} from 'd3-force';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { picturePath } from '../../../src/api/paths.js';
import type { ReplyOf } from '../answers.js';
import { graphAddress } from '../router.js';

type Network = ReplyOf<'graph'>;
interface Point extends SimulationNodeDatum {
  readonly at: number;
}

/** Of the drawing; the narrow one leaves most names to the table below. */
const sizes = { broad: { width: 900, height: 560 }, narrow: { width: 400, height: 430 } } as const;
type Size = (typeof sizes)[keyof typeof sizes];
const STEPS = 260;
/** The colour of each graph, the same everywhere. */
export const graphColours: Readonly<Record<string, number>> = { bmu: 0, bmi: 0, rti: 2, raw: 3, bought: 4 };

/** The ego network: the centre in the middle, its neighbours around it, lines between neighbours thin. Each node leads to its own. */
export function NetworkDrawing({ network }: { network: Network }) {
  const { nodes, edges } = network;
  const box = useRef<SVGSVGElement>(null);
  const [isNarrow, setNarrow] = useState(innerWidth < 560);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setNarrow(entry.contentRect.width < 480));
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const size = isNarrow ? sizes.narrow : sizes.broad;
  const places = useMemo(() => placed(network, size), [network, size]);
  const degree = nodes.map((_, at) => edges.filter(({ from, to }) => from === at || to === at).length);
  const isCrowded = isNarrow || nodes.length > 40;
  return (
    <svg
      ref={box}
      class="network"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="img"
      aria-label={`Neighbours of ${nameOf(network.centre)}`}
    >
      <clipPath id="round" clipPathUnits="objectBoundingBox">
        <circle cx="0.5" cy="0.5" r="0.5" />
      </clipPath>
      {edges.map(({ from, to, graph, change, modality }) => (
        <line
          key={`${from} ${to} ${graph} ${modality ?? ''} ${change ?? ''}`}
          class={`s${graphColours[graph] ?? 7}${from === 0 ? '' : ' inner'}${change === 'dropped' ? ' dropped' : ''}`}
          x1={places[from].x}
          y1={places[from].y}
          x2={places[to].x}
          y2={places[to].y}
        />
      ))}
      {nodes.map((node, at) => (
        <a
          key={`${node.kind} ${node.id}`}
          class={`node ${node.kind}${at === 0 ? ' centre' : ''}`}
          href={graphAddress(node.kind, node.id)}
          aria-label={`${node.kind} ${nameOf(node)}`}
        >
          <title>{`${node.kind} ${node.id}${node.title ? `: ${node.title}` : ''}`}</title>
          <Dot
            place={places[at]}
            radius={at === 0 ? 22 : Math.min(15, 9 + degree[at])}
            picture={node.hasPicture ? node.id : null}
          />
          {(!isCrowded || at === 0) && (
            <text x={places[at].x} y={(places[at].y ?? 0) + (at === 0 ? 37 : 28)}>
              {short(nameOf(node))}
            </text>
          )}
        </a>
      ))}
    </svg>
  );
}

/** A node: its picture in a circle, where there is one. */
function Dot({ place, radius, picture }: { place: { x: number; y: number }; radius: number; picture: string | null }) {
  const { x, y } = place;
  return (
    <>
      <circle cx={x} cy={y} r={radius} />
      {picture !== null && (
        <image
          href={picturePath(picture)}
          x={x - radius + 1}
          y={y - radius + 1}
          width={2 * radius - 2}
          height={2 * radius - 2}
          preserveAspectRatio="xMidYMid slice"
          clip-path="url(#round)"
        />
      )}
    </>
  );
}

function nameOf({ title, id }: { readonly title: string; readonly id: string }): string {
  return title || id;
}

function short(text: string): string {
  return text.length > 20 ? `${text.slice(0, 19)}…` : text;
}

/** The same network is always drawn the same: places begin on a spiral and no number is drawn. */
function placed({ nodes, edges }: Network, size: Size): readonly { readonly x: number; readonly y: number }[] {
  const middle = { x: size.width / 2, y: size.height / 2 };
  const points: Point[] = nodes.map((_, at) => ({
    at,
    x: middle.x + (at === 0 ? 0 : 190 * Math.cos(at * 2.4)),
    y: middle.y + (at === 0 ? 0 : 160 * Math.sin(at * 2.4)),
    ...(at === 0 && { fx: middle.x, fy: middle.y }),
  }));
  const links = edges.map(({ from, to }) => ({ source: from, target: to }));
  const simulation = forceSimulation(points)
    .force(
      'links',
      forceLink<Point, { source: Point | number; target: Point | number }>(links)
        .distance((link) => (typeof link.source === 'object' && link.source.at === 0 ? 170 : 90))
        .strength(0.12),
    )
    .force('apart', forceManyBody().strength(-320))
    .force('room', forceCollide(38))
    .force('ring', forceRadial<Point>((point) => (point.at === 0 ? 0 : 200), middle.x, middle.y).strength(0.35))
    .stop();
  simulation.tick(STEPS);
  const [xs, ys] = [points.map(({ x = 0 }) => x), points.map(({ y = 0 }) => y)];
  const fit = (value: number, all: readonly number[], centre: number, size: number, edge: number) => {
    const reach = Math.max(...all.map((one) => Math.abs(one - centre)), 1);
    return centre + (value - centre) * Math.min(1.25, (size / 2 - edge) / reach);
  };
  return points.map((_, at) => ({
    x: fit(xs[at], xs, middle.x, size.width, 70),
    y: fit(ys[at], ys, middle.y, size.height, 40),
  }));
}
