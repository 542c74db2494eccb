import { useState } from 'preact/hooks';
import { type ReplyOf, useAnswer } from '../answers.js';
import { userAddress } from '../router.js';
import { decimal, graphWords } from '../words.js';
import { Bar, Card, Segments, Shown, Tile } from './parts.js';

type Lists = ReplyOf<'itemNeighbours'>;
type Neighbour = Lists['neighbours'][number];

const graphsOf = { user: ['bmu', 'bought'], item: ['bmi', 'rti', 'raw', 'bought'] } as const;
const changeWords = { kept: 'kept', added: 'added by the refinement', dropped: 'left out by it' } as const;

/** Neighbours of a user or an item, graph by graph. */
export function NeighboursCard({
  kind,
  id,
  memory,
}: {
  kind: 'user' | 'item';
  id: string;
  memory?: string | undefined;
}) {
  const graphs: readonly Lists['graph'][] = graphsOf[kind];
  const [graph, setGraph] = useState<Lists['graph']>(graphs[0]);
  const input = { [kind]: id, graph, k: 12, memory };
  const answer = useAnswer(kind === 'user' ? 'userNeighbours' : 'itemNeighbours', input as never) as ReturnType<
    typeof useAnswer<'itemNeighbours'>
  >;
  const end = (
    <Segments<Lists['graph']>
      label="Graph"
      options={graphs.map((name) => [name, graphWords[name].name])}
      value={graph}
      onChange={setGraph}
    />
  );
  return (
    <Card title="Neighbours" end={end}>
      <p class="soft small">{graphWords[graph].says}</p>
      <div class="more">
        <Shown answer={answer}>{(list) => <Neighbours list={list} />}</Shown>
      </div>
    </Card>
  );
}

function Neighbours({ list }: { list: Lists }) {
  const { neighbours, remarks } = list;
  const [users, items] = [
    neighbours.filter(({ entity }) => entity.kind === 'user'),
    neighbours.filter(({ entity }) => entity.kind === 'item'),
  ];
  const modalities = [...new Set(items.map(({ modality }) => modality))];
  return (
    <div class="stack">
      {users.length > 0 && (
        <ol class="neighbours">
          {users.map(({ entity, similarity }) => (
            <li key={entity.id}>
              <a href={userAddress(entity.id)}>{entity.id}</a>
              {similarity === null ? <span /> : <Bar share={similarity} label={`cosine ${decimal(similarity, 2)}`} />}
              <span class="number soft small">{similarity === null ? '' : decimal(similarity, 2)}</span>
            </li>
          ))}
        </ol>
      )}
      {modalities.map((modality) => (
        <section key={modality ?? ''}>
          {modality !== null && <h3>{modality}</h3>}
          <ul class="tiles more">
            {items
              .filter((one) => one.modality === modality)
              .map((one) => (
                <li key={`${one.entity.id} ${one.change ?? ''}`}>
                  <Tile item={one.entity} below={<Below neighbour={one} />} isDropped={one.change === 'dropped'} />
                </li>
              ))}
          </ul>
        </section>
      ))}
      {remarks.map((remark) => (
        <p key={remark} class="small soft">
          {remark}
        </p>
      ))}
    </div>
  );
}

function Below({ neighbour: { similarity, change } }: { neighbour: Neighbour }) {
  const tone = change === 'added' ? 'gain' : change === 'dropped' ? 'loss' : '';
  return (
    <>
      {similarity !== null && <span class="number">{decimal(similarity, 2)} </span>}
      {change !== null && <span class={tone}>{changeWords[change]}</span>}
    </>
  );
}
