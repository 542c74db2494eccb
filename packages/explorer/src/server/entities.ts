import type { Catalog, EntityKind } from '../catalog/catalog.js';
import type { GraphName, Neighbour, NeighbourList, Neighbours } from '../catalog/neighbours.js';
import { graphNames, type NamedMemory } from '../catalog/neighbours.js';
import { NotThere } from '../refusals.js';

/** A user or an item in a graph. */
export interface Entity {
  readonly kind: EntityKind;
  readonly id: string;
  /** empty for users */
  readonly title: string;
  readonly hasPicture: boolean;
}

/** A user or an item as a graph shows it. */
function entityOf(catalog: Catalog, kind: EntityKind, place: number): Entity {
  if (kind === 'user') return { kind, id: catalog.idOf('user', place), title: '', hasPicture: false };
  const { id, title, hasPicture } = catalog.itemCard(place);
  return { kind, id, title, hasPicture };
}

/** A list of neighbours with the data set's own ids. */
export function namedList(catalog: Catalog, { graph, neighbours, remarks }: NeighbourList) {
  return {
    graph,
    neighbours: neighbours.map(({ kind, place, similarity, modality, change }) => ({
      entity: entityOf(catalog, kind, place),
      similarity,
      modality,
      change,
    })),
    remarks,
  };
}

/** The neighbours of an entity in some graphs, and the lines that its neighbours have between them. */
export async function egoNetwork(
  { catalog, neighbours }: { readonly catalog: Catalog; readonly neighbours: Neighbours },
  request: {
    readonly kind: EntityKind;
    readonly place: number;
    readonly graphs: readonly GraphName[] | null;
    readonly k: number;
    readonly memory: NamedMemory | null;
  },
) {
  const { kind, place, k, memory } = request;
  const graphs = request.graphs ?? graphNames[kind];
  const nodes = new Map<string, { at: number; kind: EntityKind; place: number }>();
  const node = (of: EntityKind, at: number) => {
    const key = `${of} ${at}`;
    const known = nodes.get(key) ?? { at: nodes.size, kind: of, place: at };
    nodes.set(key, known);
    return known.at;
  };
  node(kind, place);
  const edges: (Pick<Neighbour, 'similarity' | 'modality' | 'change'> & {
    from: number;
    to: number;
    graph: GraphName;
  })[] = [];
  const remarks: string[] = [];
  const shown: GraphName[] = [];
  for (const graph of graphs) {
    try {
      const list = await neighbours.of(graph, kind, place, k, memory);
      shown.push(graph);
      remarks.push(...list.remarks.map((remark) => `${graph}: ${remark}`));
      for (const one of list.neighbours) edges.push({ from: 0, to: node(one.kind, one.place), graph, ...ofEdge(one) });
    } catch (cause) {
      // Of the graphs asked for by default some may not be there; the others are still worth a look.
      if (request.graphs !== null || !(cause instanceof NotThere)) throw cause;
      remarks.push(`${graph}: ${cause.got}; ${cause.hint}`);
    }
  }
  const inner = [...nodes.values()].slice(1).filter((one) => one.kind === kind);
  const alike = shown.find((graph) => graph === 'bmu' || graph === 'bmi');
  if (alike && memory) {
    const lists = await neighbours.alikeOf(
      kind,
      inner.map((one) => one.place),
      k,
      memory,
    );
    lists.forEach((list, n) => {
      for (const one of list) {
        const to = nodes.get(`${one.kind} ${one.place}`);
        if (to && to.at !== 0) edges.push({ from: inner[n].at, to: to.at, graph: alike, ...ofEdge(one) });
      }
    });
  }
  return {
    centre: entityOf(catalog, kind, place),
    graphs: shown,
    nodes: [...nodes.values()].map((one) => entityOf(catalog, one.kind, one.place)),
    edges,
    remarks,
  };
}

function ofEdge({ similarity, modality, change }: Neighbour) {
  return { similarity, modality, change };
}
