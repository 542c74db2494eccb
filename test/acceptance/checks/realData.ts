import { join } from 'node:path';
import {
  type ComparisonResult,
  differenceSentence,
  type ExperimentResult,
  renderComparison,
  renderResult,
} from '@agentmmrec/experiments';
import { type AcceptanceCheck, noData } from '../check.js';

const SEEDS = '999,2026,1';
const LEAST_TIKTOK = 0.115;
const LEAST_MOVIELENS = 0.275;

export const realDataChecks: readonly AcceptanceCheck[] = [
  {
    id: 'agentmmrec-tiktok',
    issue: 2,
    kind: 'gate',
    expected: `AgentMMRec on TikTok, mean of three fixed seeds: test Recall@20 >= ${LEAST_TIKTOK}; LightGCN at its best beside it with a paired interval`,
    async run(context) {
      if (context.data === null) return noData;
      const words = ['experiment', 'comparison', '--data', join(context.data, 'tiktok'), '--seeds', SEEDS];
      const { result } = await context.agentmmrec(words);
      const table = result as unknown as ExperimentResult;
      const recall = table.rows[0].mean?.['recall@20'] ?? 0;
      const beside = table.differences.map(differenceSentence).join(' ');
      return {
        passed: recall >= LEAST_TIKTOK,
        measured: `Recall@20 ${recall.toFixed(4)}. ${beside}`,
        details: `\`\`\`\n${renderResult(table)}\n\`\`\``,
      };
    },
  },
  {
    id: 'agentmmrec-movielens',
    issue: 2,
    kind: 'gate',
    expected: `the whole pipeline on MovieLens with the extractive reasoner, one seed: test Recall@20 >= ${LEAST_MOVIELENS}, above LightGCN beyond the interval, below neither itself without knowledge nor its lists before reranking`,
    async run(context) {
      if (context.data === null) return noData;
      const data = join(context.data, 'ml-latest-small');
      const chosen = ['--preset', 'dense', '--learning-rate', '0.004', '--epochs', '60', '--patience', '10'];
      const words = ['train', '--model', 'agentmmrec', '--data', data, '--reasoner', 'extractive', ...chosen];
      const { result } = await context.agentmmrec(words);
      const table = result.comparison as ComparisonResult | undefined;
      if (!table) return { passed: false, measured: 'no table of comparison' };
      const recall = table.rows[0].mean['recall@20'];
      const compared = table.differences.filter(({ metric }) => metric === 'recall@20');
      const to = (name: string) => compared.filter(({ baseline }) => baseline === name).map(({ verdict }) => verdict);
      const [lightgcn, without, before] = [
        'LightGCN',
        'AgentMMRec without knowledge',
        `${table.rows[0].label} before reranking`,
      ].map(to);
      const passed =
        recall >= LEAST_MOVIELENS &&
        lightgcn.length === 2 &&
        lightgcn.every((verdict) => verdict === 'above') &&
        [without, before].every((verdicts) => verdicts.length > 0 && !verdicts.includes('below'));
      return { passed, measured: table.differences.map(differenceSentence).join(' '), details: block(table) };
    },
  },
];

function block(table: ComparisonResult): string {
  return `\`\`\`\n${renderComparison(table)}\n\`\`\``;
}
