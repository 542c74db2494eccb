import { useEffect, useState } from 'preact/hooks';
import { type ReplyOf, useAnswer, useServerNews } from '../answers.js';
import { FirstStep } from '../parts/firstStep.js';
import { Badge, Bar, Card, Command, Facts, Shown } from '../parts/parts.js';
import { Heading } from '../router.js';
import { bytes, count, duration, moment, whole } from '../words.js';

type Memory = ReplyOf<'listKnowledge'>['memories'][number];
type Counts = NonNullable<Memory['preferences']>;

/** The memories, how far each build is, at what pace, what it cost and what failed. */
export function KnowledgePage() {
  const jobs = useServerNews().jobs ?? [];
  const isBuilding = jobs.some(({ kind }) => kind === 'knowledge');
  const [again, setAgain] = useState(0);
  useEffect(() => {
    if (!isBuilding) return;
    const timer = setInterval(() => setAgain((number) => number + 1), 2000);
    return () => clearInterval(timer);
  }, [isBuilding]);
  const answer = useAnswer('listKnowledge', {}, `${again} ${isBuilding}`);
  return (
    <>
      <Heading title="Knowledge">
        Memories of what is known about users and items, and the builds that fill them.
      </Heading>
      <div class="stack">
        <FirstStep />
        <Shown answer={answer}>
          {({ memories }) =>
            memories.length === 0 ? null : memories.map((memory) => <MemoryCard key={memory.id} memory={memory} />)
          }
        </Shown>
      </div>
    </>
  );
}

function MemoryCard({ memory }: { memory: Memory }) {
  const { id, reasoner, state, preferences, properties, versions, rollbacks, problem } = memory;
  const failed = (preferences?.failed ?? 0) + (properties?.failed ?? 0);
  const tokens = memory.inputTokens + memory.outputTokens;
  return (
    <Card title={titleOf(id)} end={<Badge state={state} />}>
      {problem && <p class="loss small">{problem}</p>}
      <p class="soft small">{reasoner ? `by ${reasoner}` : id}</p>
      <div class="columns more">
        <Progress name="Preferences of users" counts={preferences} />
        <Progress name="Properties of items" counts={properties} />
      </div>
      <div class="more">
        <Facts
          facts={[
            ['Versions', whole(versions)],
            ['Rolled back', whole(rollbacks)],
            ['Tokens in, out', tokens === 0 ? 'none' : `${whole(memory.inputTokens)}, ${whole(memory.outputTokens)}`],
            ['Pace', memory.versionsPerMinute === null ? '–' : `${whole(memory.versionsPerMinute)} a minute`],
            ['Time left', state === 'building' ? duration(memory.secondsLeft) : '–'],
            ['Written last', moment(memory.lastWrittenAtMs)],
            ['File', bytes(memory.bytes)],
          ]}
        />
      </div>
      {state === 'stopped' && (
        <p class="small soft more">The same command goes on where it stopped; what was answered is kept.</p>
      )}
      {failed > 0 && <Failures id={id} failed={failed} />}
    </Card>
  );
}

/** Whose memory it is: the data set's, or a run's own copy. */
function titleOf(id: string): string {
  return id.startsWith('run:') ? `Of run ${id.slice(4)}` : `Memory ${id}`;
}

function Progress({ name, counts }: { name: string; counts: Counts | null }) {
  if (counts === null) return null;
  const { waiting, leased, done, failed } = counts;
  const all = waiting + leased + done + failed;
  const open = leased > 0 ? `, ${whole(leased)} asked` : '';
  return (
    <section>
      <div class="row small">
        <span>{name}</span>
        <span class="soft number">
          {all === 0 ? 'imported, nothing is asked' : `${whole(done)} of ${whole(all)}${open}`}
          {failed > 0 && <span class="loss">, {whole(failed)} failed</span>}
        </span>
      </div>
      {all > 0 && <Bar share={done / all} label={`${name}: ${done} of ${all}`} />}
    </section>
  );
}

function Failures({ id, failed }: { id: string; failed: number }) {
  const [isOpen, setOpen] = useState(false);
  const answer = useAnswer('knowledgeFailures', isOpen ? { memory: id } : null);
  return (
    <details class="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="loss">{count(failed, 'entry', 'entries')} failed</summary>
      {isOpen && (
        <Shown answer={answer}>
          {({ preferences, properties, retry }) => (
            <div class="stack more">
              <ul class="list small">
                {[...preferences, ...properties].slice(0, 50).map(({ key, id: entity, reason, attempts }) => (
                  <li key={`${key} ${reason}`}>
                    {entity ?? key}: {reason} <span class="soft">({count(attempts, 'attempt')})</span>
                  </li>
                ))}
              </ul>
              <div>
                <p class="small soft">Asks for the failed ones alone, once more:</p>
                <Command command={`npx ${retry}`} />
              </div>
            </div>
          )}
        </Shown>
      )}
    </details>
  );
}
