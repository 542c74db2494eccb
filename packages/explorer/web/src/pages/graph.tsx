import { type ReplyOf, useAnswer } from '../answers.js';
import { graphColours, NetworkDrawing } from '../charts/network.js';
import { FirstStep } from '../parts/firstStep.js';
import { Card, Shown } from '../parts/parts.js';
import { Search } from '../parts/search.js';
import { Table } from '../parts/table.js';
import { go, graphAddress, Heading, itemAddress, userAddress } from '../router.js';
import { decimal, graphWords } from '../words.js';

type Network = ReplyOf<'graph'>;
type Kind = 'user' | 'item';
const graphsOf = { user: ['bmu', 'bought'], item: ['bmi', 'rti', 'raw', 'bought'] } as const;

/** The ego network of a user or an item in the graphs that are switched on. */
export function GraphPage({ query }: { query: URLSearchParams }) {
  const [kind, id] = [query.get('kind'), query.get('id')];
  const isKnown = (kind === 'user' || kind === 'item') && id !== null && id !== '';
  return (
    <>
      <Heading
        title="Graphs"
        end={
          <Search label="Draw around a user or an item" onChoose={(found) => go(graphAddress(found.kind, found.id))} />
        }
      >
        The nearest of a user or an item, graph by graph. A click on a node draws around it.
      </Heading>
      <div class="stack">
        <FirstStep />
        {isKnown ? <Ego kind={kind as Kind} id={id} query={query} /> : <Begin />}
      </div>
    </>
  );
}

/** Somewhere to begin: the item and the user that come first. */
function Begin() {
  const items = useAnswer('listItems', { limit: 6 }).value?.items ?? [];
  const users = useAnswer('listUsers', { limit: 6 }).value?.users ?? [];
  if (items.length + users.length === 0) return null;
  return (
    <Card title="Begin with">
      <div class="row">
        {items.map(({ id, title }) => (
          <a key={id} class="button" href={graphAddress('item', id)}>
            {title || id}
          </a>
        ))}
        {users.map(({ id }) => (
          <a key={id} class="button" href={graphAddress('user', id)}>
            {id}
          </a>
        ))}
      </div>
    </Card>
  );
}

function Ego({ kind, id, query }: { kind: Kind; id: string; query: URLSearchParams }) {
  const all: readonly string[] = graphsOf[kind];
  const wanted =
    query
      .get('graphs')
      ?.split(',')
      .filter((one) => all.includes(one)) ?? null;
  const answer = useAnswer('graph', { kind, id, graphs: wanted === null ? undefined : wanted.join(','), k: 8 });
  const on = wanted ?? answer.value?.graphs ?? all;
  const toggle = (graph: string) => {
    const next = on.includes(graph as never) ? on.filter((one) => one !== graph) : [...on, graph];
    if (next.length > 0) go(`/graphs?${new URLSearchParams({ kind, id, graphs: next.join(',') })}`, true);
  };
  const end = (
    <fieldset class="segments" aria-label="Graphs">
      {all.map((graph) => (
        <button key={graph} type="button" aria-pressed={on.includes(graph as never)} onClick={() => toggle(graph)}>
          <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
            <circle class={`f${graphColours[graph]}`} cx="5" cy="5" r="4" />
          </svg>{' '}
          {graph}
        </button>
      ))}
    </fieldset>
  );
  return (
    <Shown answer={answer}>
      {(network) => (
        <>
          <Card title={network.centre.title || network.centre.id} end={end}>
            <NetworkDrawing network={network} />
            <p class="soft small">
              {network.graphs.map((graph) => `${graph}: ${graphWords[graph].says}`).join(' · ')}
              {network.edges.some(({ change }) => change === 'dropped') && ' · dotted: left out by the refinement'}.
            </p>
            {network.remarks.map((remark) => (
              <p key={remark} class="soft small">
                {remark}
              </p>
            ))}
          </Card>
          <Edges network={network} />
        </>
      )}
    </Shown>
  );
}

function Edges({ network }: { network: Network }) {
  const { nodes, edges, centre } = network;
  const rows = edges.filter(({ from }) => from === 0);
  const address = (at: number) => (nodes[at].kind === 'user' ? userAddress(nodes[at].id) : itemAddress(nodes[at].id));
  const name = (at: number) => nodes[at].title || nodes[at].id;
  return (
    <Card flush title={`What ${centre.title || centre.id} is joined with`}>
      <Table
        label="Edges"
        rows={rows}
        keyOf={({ to, graph, modality, change }) => `${to} ${graph} ${modality ?? ''} ${change ?? ''}`}
        columns={[
          {
            name: 'Neighbour',
            words: true,
            value: ({ to }) => name(to),
            cell: ({ to }) => <a href={address(to)}>{name(to)}</a>,
          },
          {
            name: 'Graph',
            words: true,
            value: ({ graph }) => graph,
            cell: ({ graph, modality }) => (modality ? `${graph}, ${modality}` : graph),
          },
          {
            name: 'Refinement',
            words: true,
            value: ({ change }) => change,
            cell: ({ change }) => (
              <span class={change === 'added' ? 'gain' : change === 'dropped' ? 'loss' : 'soft'}>{change ?? '–'}</span>
            ),
          },
          {
            name: 'Similarity',
            value: ({ similarity }) => similarity,
            cell: ({ similarity }) => decimal(similarity, 3),
          },
        ]}
      />
    </Card>
  );
}
