import { type ReplyOf, useAnswer, useServerNews } from '../answers.js';
import { CurvesCard } from '../parts/curves.js';
import { Badge, Card, Facts, Shown } from '../parts/parts.js';
import { Table } from '../parts/table.js';
import { Heading } from '../router.js';
import { bytes, count, decimal, duration, metricLabel, moment } from '../words.js';

type Run = ReplyOf<'getRun'>;
const metricNames = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20'] as const;
const stages = [
  ['valid', 'Validation'],
  ['test', 'Test'],
  ['testReranked', 'Test, reranked'],
] as const;

/** One run: what it was told, how it went, what it reached. */
export function RunPage({ id }: { id: string }) {
  const now = useServerNews().runs?.find((run) => run.id === id);
  const answer = useAnswer('getRun', { run: id }, `${now?.epochs} ${now?.state}`);
  return <Shown answer={answer}>{(run) => <RunDetails run={run} />}</Shown>;
}

function RunDetails({ run }: { run: Run }) {
  const measured = stages.flatMap(([stage, name]) => {
    const metrics = run[stage];
    return metrics ? [{ name, metrics }] : [];
  });
  const settings = Object.entries({ ...run.training, ...run.options }).sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <Heading title={run.label} end={<Badge state={run.state} />}>
        {run.id}
      </Heading>
      <div class="stack">
        {run.problem && <div class="note bad">{run.problem}</div>}
        <Card>
          <Facts
            facts={[
              ['Model', run.model],
              ['Data', run.data],
              ['Seed', run.seed ?? '–'],
              ['Epochs', run.plannedEpochs === null ? run.epochs : `${run.epochs} of at most ${run.plannedEpochs}`],
              ['Best epoch', run.bestEpoch ?? '–'],
              ['An epoch takes', duration(run.secondsPerEpoch)],
              ['Device', run.device ?? '–'],
              ['Most memory', bytes(run.peakRssBytes)],
              ['Knowledge', run.reasoner ?? 'none'],
              ['Begun', moment(run.startedAtMs)],
            ]}
          />
        </Card>
        <CurvesCard runs={[{ name: run.label, curve: run.curve }]} />
        {measured.length > 0 && (
          <Card title="Metrics" flush>
            <Table
              label="Metrics"
              rows={measured}
              keyOf={({ name }) => name}
              columns={[
                { name: '', words: true, cell: ({ name }) => name },
                ...metricNames.map((metric) => ({
                  name: metricLabel(metric),
                  cell: ({ metrics }: (typeof measured)[number]) => decimal(metrics[metric]),
                })),
              ]}
            />
          </Card>
        )}
        <div class="columns">
          <Card title="Settings" flush>
            <Table
              label="Settings"
              rows={settings}
              keyOf={([name]) => name}
              columns={[
                { name: 'Option', words: true, value: ([name]) => name, cell: ([name]) => <code>{name}</code> },
                { name: 'Value', cell: ([, value]) => String(value) },
              ]}
            />
          </Card>
          {run.feedback.length > 0 && <Feedback run={run} />}
        </div>
        {run.remarks.map((remark) => (
          <p key={remark} class="soft small">
            {remark}
          </p>
        ))}
      </div>
    </>
  );
}

interface Round {
  readonly users?: number;
  readonly judged?: number;
  readonly useful?: number;
  readonly improved?: number;
  readonly rolledBack?: number;
}

function Feedback({ run }: { run: Run }) {
  const rounds = run.feedback.map(({ period, report }) => ({ period, ...(report as Round) }));
  const number = (value: number | undefined) => value ?? '–';
  return (
    <Card title={count(rounds.length, 'feedback round')} flush>
      <Table
        label="Feedback rounds"
        rows={rounds}
        keyOf={({ period }) => String(period)}
        columns={[
          { name: 'Round', words: true, cell: ({ period }) => period + 1 },
          { name: 'Users', cell: ({ users }) => number(users) },
          { name: 'Judged', cell: ({ judged }) => number(judged) },
          { name: 'Useful', cell: ({ useful }) => number(useful) },
          { name: 'Improved', cell: ({ improved }) => number(improved) },
          { name: 'Rolled back', cell: ({ rolledBack }) => number(rolledBack) },
        ]}
      />
    </Card>
  );
}
