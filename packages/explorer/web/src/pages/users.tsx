import { type ReplyOf, useAnswer } from '../answers.js';
import { FirstStep } from '../parts/firstStep.js';
import { KnowledgeSection } from '../parts/knowledge.js';
import { NeighboursCard } from '../parts/neighbours.js';
import { Filter, offsetOf, PAGE, Paging } from '../parts/paging.js';
import { Card, Refused, Shown, Tile } from '../parts/parts.js';
import { RecommendationList } from '../parts/recommendations.js';
import { Table } from '../parts/table.js';
import { go, graphAddress, Heading, userAddress } from '../router.js';
import { count, whole } from '../words.js';

/** All users. */
export function UsersPage({ query }: { query: URLSearchParams }) {
  const answer = useAnswer('listUsers', { q: query.get('q') ?? '', offset: offsetOf(query), limit: PAGE });
  return (
    <>
      <Heading title="Users" end={<Filter path="/users" query={query} label="Filter the users" />}>
        By the data set's own ids, with their training items.
      </Heading>
      <div class="stack">
        <FirstStep />
        <Shown answer={answer}>
          {({ total, users }) => (
            <Card flush title={count(total, 'user')}>
              <Table
                label="Users"
                rows={users}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'User',
                    words: true,
                    value: ({ id }) => id,
                    cell: ({ id }) => <a href={userAddress(id)}>{id}</a>,
                  },
                  { name: 'Training items', value: ({ items }) => items, cell: ({ items }) => whole(items) },
                ]}
              />
              <Paging path="/users" query={query} total={total} />
            </Card>
          )}
        </Shown>
      </div>
    </>
  );
}

/** One user: what was bought, what is known, what is recommended and why, who is alike. */
export function UserPage({ id, query }: { id: string; query: URLSearchParams }) {
  const user = useAnswer('getUser', { user: id });
  const run = query.get('run') ?? undefined;
  const memory = useMemoryOf(query);
  if (user.refusal) return <Refused refusal={user.refusal} />;
  return (
    <>
      <Heading
        title={id}
        end={
          <a class="button" href={graphAddress('user', id)}>
            Graph
          </a>
        }
      >
        {user.value ? `User with ${count(user.value.total, 'training item')}` : 'User'}
      </Heading>
      <div class="stack">
        {user.value && <History user={user.value} />}
        <KnowledgeSection kind="user" id={id} memory={memory} />
        <Recommended id={id} run={run} query={query} />
        <NeighboursCard kind="user" id={id} memory={memory} />
      </div>
    </>
  );
}

/** The memory that the address names, else the run's own copy where feedback made one. */
function useMemoryOf(query: URLSearchParams): string | undefined {
  const status = useAnswer('status', {}).value;
  const memories = useAnswer('listKnowledge', {}).value?.memories ?? [];
  const own = `run:${query.get('run') ?? status?.run ?? ''}`;
  return query.get('memory') ?? memories.find(({ id }) => id === own)?.id;
}

function History({ user }: { user: ReplyOf<'getUser'> }) {
  const { history, total } = user;
  if (total === 0)
    return (
      <div class="note">A cold user: no training items. The lists come from what the model has for such users.</div>
    );
  return (
    <Card
      title="History"
      end={
        <span class="soft small">
          {total > history.length ? `${history.length} of ${whole(total)}` : 'training items'}
        </span>
      }
    >
      <ul class="tiles strip">
        {history.map((item) => (
          <li key={item.id}>
            <Tile item={item} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Recommended({ id, run, query }: { id: string; run: string | undefined; query: URLSearchParams }) {
  const after = useAnswer('recommend', { user: id, k: 20, why: true, run });
  const before = useAnswer(
    'recommend',
    after.value?.reranked ? { user: id, k: 20, why: true, rerank: 'off', run } : null,
  );
  return (
    <Card title="Recommendations" end={<RunChoice run={run} served={after.value?.run} id={id} query={query} />}>
      <Shown answer={after}>{(value) => <RecommendationList after={value} before={before.value} />}</Shown>
    </Card>
  );
}

/** Which run recommends; it stands in the address. */
function RunChoice({
  run,
  served,
  id,
  query,
}: {
  run: string | undefined;
  served: string | undefined;
  id: string;
  query: URLSearchParams;
}) {
  const status = useAnswer('status', {}).value;
  const runs = useAnswer('listRuns', {}).value?.runs ?? [];
  const openable = runs.filter(
    ({ kind, state, fingerprint }) =>
      kind === 'train' && state === 'finished' && fingerprint === status?.data?.fingerprint,
  );
  if (openable.length < 2) return null;
  const choose = (wanted: string) => {
    const next = new URLSearchParams(query);
    next.set('run', wanted);
    go(`${userAddress(id)}?${next}`, true);
  };
  return (
    <select
      class="field"
      aria-label="Run that recommends"
      value={run ?? served ?? ''}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {openable.map((one) => (
        <option key={one.id} value={one.id}>
          {`${one.label}, seed ${one.seed} (${one.id.slice(-4)})`}
        </option>
      ))}
    </select>
  );
}
