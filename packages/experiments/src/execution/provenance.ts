import type { FinishedRun } from '../runs/finishedRun.js';
import type { RunSpec } from '../runs/runSpec.js';
import type { ExecutedRow } from './execute.js';

/** Where the numbers of a page come from. */
export interface Provenance {
  readonly version: string;
  readonly codeVersion: string;
  /** of kept runs that other code made; absent in results that had none */
  readonly keptCodeVersions?: readonly string[];
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seeds: readonly number[];
  readonly machines: readonly string[];
  readonly devices: readonly string[];
  /** who was to make the knowledge of the rows, in their order */
  readonly reasoners: readonly string[];
  /** whose weights wrote the knowledge, each `name digest`; absent in results without knowledge and in older ones */
  readonly writers?: readonly string[];
  /** of all runs together, those that filled memories, those of searches and those found finished included */
  readonly wallSeconds: number;
  readonly calls: number;
  readonly tokens: number;
  /** of which these are the sums; absent in older results */
  readonly runCount?: number;
  /** options of the study that stand at their defaults; absent in older results */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** those of the table, one by one */
  readonly runs: readonly {
    readonly label: string;
    readonly id: string;
    readonly training: RunSpec['training'];
    readonly options: unknown;
  }[];
}

export function provenanceOf(
  executed: readonly ExecutedRow[],
  given: Pick<Provenance, 'version' | 'codeVersion' | 'command' | 'options' | 'defaults' | 'seeds'>,
): Provenance {
  const finished = executed.flatMap(({ runs }) =>
    runs.flatMap((one) => (one.outcome.status === 'finished' ? [{ ...one, outcome: one.outcome }] : [])),
  );
  // A row before and one after reranking share a run.
  const once = [...new Map(finished.map((one) => [one.id, one])).values()];
  const fillings = fillingsOf(executed);
  const searching = selectionsOf(executed);
  const costs = [...fillings, ...searching, ...once.map(({ outcome }) => outcome)].map(({ cost }) => cost);
  const sum = (of: (cost: (typeof costs)[number]) => number) => costs.reduce((total, cost) => total + of(cost), 0);
  const kept = new Set([...once.map(({ outcome }) => outcome), ...searching].flatMap((run) => run.codeVersion ?? []));
  kept.delete(given.codeVersion);
  const writers = fillings.flatMap(({ knowledge }) =>
    (knowledge?.writers ?? []).map(({ reasoner, modelDigest }) => `${reasoner} ${modelDigest.slice(0, 19)}`),
  );
  return {
    ...given,
    reasoners: reasonersOf(executed),
    ...(kept.size > 0 && { keptCodeVersions: [...kept].sort() }),
    ...(writers.length > 0 && { writers: [...new Set(writers)].sort() }),
    machines: [...new Set(costs.map(({ machine }) => machine))],
    devices: [...new Set(costs.map(({ device }) => device))],
    wallSeconds: sum(({ wallSeconds }) => wallSeconds),
    calls: sum(({ requests }) => requests),
    tokens: sum(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
    runCount: costs.length,
    runs: once.map(({ run, id, outcome }) => ({
      label: run.label,
      id,
      training: run.spec.training,
      options: outcome.record?.options ?? {},
    })),
  };
}

function reasonersOf(executed: readonly ExecutedRow[]): string[] {
  const sources = executed.flatMap(({ runs }) => runs.flatMap(({ run }) => run.spec.source ?? []));
  const named = sources.map(({ reasoner, llmModel }) => [reasoner, llmModel].filter((part) => part !== null).join(' '));
  return [...new Set(named)];
}

/** The finished runs that filled memories, each once. */
export function fillingsOf(executed: readonly Pick<ExecutedRow, 'runs'>[]): FinishedRun[] {
  const found = executed.flatMap(({ runs }) =>
    runs.flatMap(({ knowledge }) =>
      knowledge?.outcome.status === 'finished' ? [[knowledge.id, knowledge.outcome] as const] : [],
    ),
  );
  return [...new Map(found).values()];
}

/** The finished runs of searches, each once. */
export function selectionsOf(executed: readonly Pick<ExecutedRow, 'selections'>[]): FinishedRun[] {
  const found = executed.flatMap(({ selections }) =>
    selections.flatMap(({ id, outcome }) => (outcome.status === 'finished' ? [[id, outcome] as const] : [])),
  );
  return [...new Map(found).values()];
}
