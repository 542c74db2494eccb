import { type ReplyOf, useAnswer } from '../answers.js';
import { CurvesCard } from '../parts/curves.js';
import { Card, Shown } from '../parts/parts.js';
import { Heading, runAddress } from '../router.js';
import { decimal, metricLabel, percent } from '../words.js';

type Comparison = ReplyOf<'compareRuns'>;
const stageNames = { valid: 'Validation', test: 'Test', testReranked: 'Test, reranked' } as const;

/** Runs side by side. */
export function ComparePage({ runs }: { runs: string }) {
  const answer = useAnswer('compareRuns', runs === '' ? null : { runs });
  return (
    <>
      <Heading title="Compare runs">Changes are from the first run; the best of each line is bold.</Heading>
      {runs === '' && <div class="note">Choose some on the page of runs first.</div>}
      {runs !== '' && <Shown answer={answer}>{(value) => <Compared comparison={value} />}</Shown>}
    </>
  );
}

function Compared({ comparison }: { comparison: Comparison }) {
  const { runs, metrics, settings, curves, remarks } = comparison;
  const heads = runs.map((run) => (
    <th key={run.id} scope="col">
      <a href={runAddress(run.id)}>{run.label}</a>
      <span class="sub">seed {run.seed ?? '–'}</span>
    </th>
  ));
  return (
    <div class="stack">
      <CurvesCard
        runs={runs.map((run, at) => ({
          name: `${run.label}, seed ${run.seed ?? '–'} (${run.id.slice(-4)})`,
          curve: curves[at],
        }))}
      />
      <Card title="Metrics" flush>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th class="words">Metric</th>
                {heads}
              </tr>
            </thead>
            <tbody>
              {metrics.map(({ stage, metric, values, changes, best }) => (
                <tr key={`${stage} ${metric}`}>
                  <th scope="row">
                    {metricLabel(metric)}
                    <span class="sub">{stageNames[stage]}</span>
                  </th>
                  {values.map((value, at) => (
                    <td key={runs[at].id} class={best.includes(at) ? 'best' : ''}>
                      {decimal(value)}
                      <Change change={at === 0 ? null : changes[at]} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      {settings.length > 0 && (
        <Card title="Where they differ" flush>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th class="words">Setting</th>
                  {heads}
                </tr>
              </thead>
              <tbody>
                {settings.map(({ name, values }) => (
                  <tr key={name}>
                    <th scope="row">
                      <code>{name}</code>
                    </th>
                    {values.map((value, at) => (
                      <td key={runs[at].id}>{value}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      {remarks.map((remark) => (
        <p key={remark} class="soft small">
          {remark}
        </p>
      ))}
    </div>
  );
}

function Change({ change }: { change: number | null }) {
  if (change === null) return null;
  return <span class={`sub ${change > 0 ? 'gain' : change < 0 ? 'loss' : ''}`}>{percent(change)}</span>;
}
