import { type ReplyOf, useAnswer } from '../answers.js';
import { FirstStep } from '../parts/firstStep.js';
import { KnowledgeSection } from '../parts/knowledge.js';
import { NeighboursCard } from '../parts/neighbours.js';
import { Filter, offsetOf, PAGE, Paging } from '../parts/paging.js';
import { Card, Facts, Picture, Refused, Shown } from '../parts/parts.js';
import { Table } from '../parts/table.js';
import { graphAddress, Heading, itemAddress, userAddress } from '../router.js';
import { count, whole } from '../words.js';

/** All items. */
export function ItemsPage({ query }: { query: URLSearchParams }) {
  const answer = useAnswer('listItems', { q: query.get('q') ?? '', offset: offsetOf(query), limit: PAGE });
  return (
    <>
      <Heading title="Items" end={<Filter path="/items" query={query} label="Filter the items" />}>
        By title or the data set's own ids, with their training users.
      </Heading>
      <div class="stack">
        <FirstStep />
        <Shown answer={answer}>
          {({ total, items }) => (
            <Card flush title={count(total, 'item')}>
              <Table
                label="Items"
                rows={items}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Item',
                    words: true,
                    value: ({ title, id }) => title || id,
                    cell: (item) => (
                      <a class="row nowrap" href={itemAddress(item.id)}>
                        <Picture {...item} />
                        <span>
                          {item.title || item.id}
                          <span class="sub">{item.id}</span>
                        </span>
                      </a>
                    ),
                  },
                  {
                    name: 'Brand',
                    wide: true,
                    words: true,
                    value: ({ brand }) => brand || null,
                    cell: ({ brand }) => brand || '–',
                  },
                  {
                    name: 'Categories',
                    wide: true,
                    words: true,
                    value: ({ categories }) => categories.join(' ') || null,
                    cell: ({ categories }) => categories.join(' › ') || '–',
                  },
                  { name: 'Training users', value: ({ buyers }) => buyers, cell: ({ buyers }) => whole(buyers) },
                ]}
              />
              <Paging path="/items" query={query} total={total} />
            </Card>
          )}
        </Shown>
      </div>
    </>
  );
}

/** One item: what it is, what is known, what is like it, who has it. */
export function ItemPage({ id }: { id: string }) {
  const answer = useAnswer('getItem', { item: id });
  if (answer.refusal) return <Refused refusal={answer.refusal} />;
  if (answer.value === null) return <Heading title={id}>Item</Heading>;
  const { item } = answer.value;
  return (
    <>
      <Heading
        title={item.title || item.id}
        end={
          <a class="button" href={graphAddress('item', id)}>
            Graph
          </a>
        }
      >
        {item.id}
      </Heading>
      <div class="stack">
        <Content value={answer.value} />
        <KnowledgeSection kind="item" id={id} />
        <NeighboursCard kind="item" id={id} />
      </div>
    </>
  );
}

function Content({ value }: { value: ReplyOf<'getItem'> }) {
  const { item, description, buyers } = value;
  return (
    <div class={item.hasPicture ? 'columns side' : ''}>
      {item.hasPicture && (
        <Card>
          <Picture {...item} large />
        </Card>
      )}
      <Card>
        <Facts
          facts={[
            ['Brand', item.brand || '–'],
            ['Categories', item.categories.join(' › ') || '–'],
            ['Training users', whole(item.buyers)],
          ]}
        />
        {description && <p class="prose more">{description}</p>}
        {buyers.length > 0 && (
          <details class="more">
            <summary class="soft">{count(item.buyers, 'user')} in training</summary>
            <p class="more small">
              {buyers.map(({ id }) => (
                <>
                  <a key={id} href={userAddress(id)}>
                    {id}
                  </a>{' '}
                </>
              ))}
              {item.buyers > buyers.length && <span class="soft">and {whole(item.buyers - buyers.length)} more</span>}
            </p>
          </details>
        )}
      </Card>
    </div>
  );
}
