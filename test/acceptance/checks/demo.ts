import { demoRows, type PairedDifference } from '@agentmmrec/experiments';
import { type AcceptanceCheck, type AcceptanceContext, type CommandResult, numberAt } from '../check.js';

const LIMIT_SECONDS = 180;

/** One run of the demo answers all checks about it. */
let finished: Promise<CommandResult> | null = null;
function demo(context: AcceptanceContext): Promise<CommandResult> {
  finished ??= context.agentmmrec(['demo']);
  return finished;
}

export const demoChecks: readonly AcceptanceCheck[] = [
  {
    id: 'demo-time',
    issue: 2,
    kind: 'gate',
    expected: 'the demo runs in under 3 minutes, the build not counted',
    async run(context) {
      const { result, seconds } = await demo(context);
      return {
        passed: seconds < LIMIT_SECONDS,
        measured: `${seconds.toFixed(0)} s (${numberAt(result, 'seconds').toFixed(0)} s inside)`,
      };
    },
  },
  {
    id: 'demo-above-lightgcn',
    issue: 2,
    kind: 'gate',
    expected:
      'AgentMMRec is above LightGCN, tuned on validation, by at least 10 % in test Recall@20, on catalog seeds not used in development',
    run: async (context) =>
      isAbove((await demo(context)).result, demoRows.fullRecipe.label, demoRows.lightgcnRecipe.label, 0.1),
  },
  {
    id: 'demo-above-no-knowledge',
    issue: 2,
    kind: 'gate',
    expected: 'AgentMMRec is above itself without knowledge, with a paired interval above zero',
    run: async (context) =>
      isAbove((await demo(context)).result, demoRows.withoutRerankingLabel, demoRows.withoutKnowledge.label, 0),
  },
  {
    id: 'demo-above-permuted',
    issue: 2,
    kind: 'gate',
    expected: 'AgentMMRec is above itself with knowledge permuted among entities, with a paired interval above zero',
    run: async (context) =>
      isAbove((await demo(context)).result, demoRows.withoutRerankingLabel, demoRows.permutedKnowledge.label, 0),
  },
];

function isAbove(result: Readonly<Record<string, unknown>>, label: string, baseline: string, least: number) {
  const differences = result.differences as readonly PairedDifference[];
  const found = differences.find((one) => one.label === label && one.baseline === baseline);
  if (!found) return { passed: false, measured: `the demo does not compare ${label} with ${baseline}` };
  const { interval, relative, verdict, seedsAbove, seeds } = found;
  const bounds = `[${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]`;
  return {
    passed: verdict === 'above' && relative >= least,
    measured: `${(100 * relative).toFixed(1)} %, ${interval.mean.toFixed(4)} ${bounds}, ${seedsAbove} of ${seeds} catalogs`,
  };
}
