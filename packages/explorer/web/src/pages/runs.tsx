import { useState } from 'preact/hooks';
import { type ReplyOf, useAnswer, useServerNews } from '../answers.js';
import { CurvesCard } from '../parts/curves.js';
import { FirstStep } from '../parts/firstStep.js';
import { Badge, Bar, Card, Shown } from '../parts/parts.js';
import { type Column, Table } from '../parts/table.js';
import { Heading, runAddress } from '../router.js';
import { count, decimal, duration, moment } from '../words.js';

type Run = ReplyOf<'listRuns'>['runs'][number];
/** Laid over each other at a time. */
const MOST = 8;

/** Every run, live while it trains; some of them laid over each other. */
export function RunsPage() {
  const told = useServerNews();
  const answer = useAnswer('listRuns', {});
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  return (
    <>
      <Heading
        title="Runs"
        end={
          <input
            class="field fit"
            type="search"
            placeholder="Filter"
            aria-label="Filter the runs"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        }
      >
        Trainings of this workspace, also those that go on.
      </Heading>
      <div class="stack">
        <FirstStep />
        <Shown answer={answer}>
          {(value) => {
            const runs = told.runs ?? value.runs;
            if (runs.length === 0) return null;
            const found = runs.filter((run) => isMeant(run, words));
            const shown = (chosen ?? usual(runs)).filter((id) => runs.some((run) => run.id === id));
            const toggle = (id: string) =>
              setChosen(shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id].slice(-MOST));
            return (
              <>
                <Overlay ids={shown} runs={runs} />
                <Card
                  flush
                  title={count(found.length, 'run')}
                  end={
                    shown.length > 1 && (
                      <a class="button" href={`/compare?runs=${shown.map(encodeURIComponent).join(',')}`}>
                        Compare {shown.length}
                      </a>
                    )
                  }
                >
                  <Table label="Runs" rows={found} keyOf={(run) => run.id} columns={columns(shown, toggle)} />
                </Card>
              </>
            );
          }}
        </Shown>
      </div>
    </>
  );
}

function isMeant(run: Run, words: string): boolean {
  const text = [run.id, run.label, run.model, run.data, run.state, run.reasoner ?? '', run.kind]
    .join(' ')
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What trains now, else the newest few. */
function usual(runs: readonly Run[]): string[] {
  const training = runs.filter(({ state }) => state === 'training');
  const drawn = runs.filter(({ epochs }) => epochs > 0);
  return [...new Set([...training, ...drawn.slice(0, 3)])].slice(0, MOST).map(({ id }) => id);
}

function Overlay({ ids, runs }: { ids: readonly string[]; runs: readonly Run[] }) {
  // Epochs and states of the chosen ones: the curves are asked for again when one of them grows.
  const grown = ids
    .map((id) => runs.find((run) => run.id === id))
    .map((run) => `${run?.epochs} ${run?.state}`)
    .join(' ');
  const answer = useAnswer('compareRuns', ids.length === 0 ? null : { runs: ids.join(',') }, grown);
  if (ids.length === 0 || answer.value === null) return null;
  const { runs: of, curves } = answer.value;
  return <CurvesCard runs={of.map((run, at) => ({ name: nameOf(run, of), curve: curves[at] }))} />;
}

/** Its label; with what tells it apart where several have the same. */
function nameOf(run: Run, among: readonly Run[]): string {
  const alike = among.filter(({ label }) => label === run.label);
  return alike.length > 1 ? `${run.label}, seed ${run.seed} (${run.id.slice(-4)})` : run.label;
}

function columns(chosen: readonly string[], toggle: (id: string) => void): Column<Run>[] {
  const metric = (name: string, of: (run: Run) => number | null | undefined, wide = false): Column<Run> => ({
    name,
    wide,
    value: (run) => of(run) ?? null,
    cell: (run) => decimal(of(run)),
  });
  return [
    {
      name: '',
      words: true,
      cell: (run) => (
        <input
          type="checkbox"
          aria-label={`Draw ${run.label}`}
          checked={chosen.includes(run.id)}
          onChange={() => toggle(run.id)}
        />
      ),
    },
    {
      name: 'Run',
      words: true,
      value: (run) => run.label,
      cell: (run) => (
        <>
          <a href={runAddress(run.id)}>{run.label}</a>
          <span class="sub">
            {[run.data, run.reasoner && `knowledge by ${run.reasoner}`, run.kind === 'study' && 'of a study']
              .filter(Boolean)
              .join(' · ')}
          </span>
        </>
      ),
    },
    { name: 'State', words: true, value: (run) => run.state, cell: (run) => <Badge state={run.state} /> },
    { name: 'Seed', wide: true, value: (run) => run.seed, cell: (run) => run.seed ?? '–' },
    { name: 'Epochs', value: (run) => run.epochs, cell: (run) => <Epochs run={run} /> },
    metric('Valid Recall@20', (run) => run.valid?.['recall@20']),
    metric('Test Recall@20', (run) => run.test?.['recall@20']),
    metric('Test NDCG@20', (run) => run.test?.['ndcg@20'], true),
    metric('Reranked Recall@20', (run) => run.testReranked?.['recall@20']),
    { name: 'An epoch', wide: true, value: (run) => run.secondsPerEpoch, cell: (run) => duration(run.secondsPerEpoch) },
    { name: 'Begun', wide: true, value: (run) => run.startedAtMs, cell: (run) => moment(run.startedAtMs) },
  ];
}

function Epochs({ run }: { run: Run }) {
  if (run.state !== 'training' || run.plannedEpochs === null) return <>{run.epochs}</>;
  return (
    <>
      {run.epochs} of {run.plannedEpochs}
      <Bar share={run.epochs / run.plannedEpochs} />
    </>
  );
}
