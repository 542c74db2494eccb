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
const LEAST_TIKTOK = 0.09;

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
    expected:
      'the whole pipeline on MovieLens with the extractive reasoner, in a table with LightGCN and without knowledge: below neither in Recall@20, with intervals, before reranking and after it',
    async run(context) {
      if (context.data === null) return noData;
      const data = join(context.data, 'ml-latest-small');
      const words = ['train', '--model', 'agentmmrec', '--data', data, '--reasoner', 'extractive'];
      const { result } = await context.agentmmrec(words);
      const table = result.comparison as ComparisonResult | undefined;
      if (!table) return { passed: false, measured: 'no table of comparison' };
      const names = table.rows.map(({ label }) => label);
      const complete =
        names.includes('LightGCN') && names.includes('AgentMMRec without knowledge') && table.differences.length > 0;
      const compared = table.differences.filter(({ metric }) => metric === 'recall@20');
      const passed = complete && compared.length >= 4 && compared.every(({ verdict }) => verdict !== 'below');
      return { passed, measured: table.differences.map(differenceSentence).join(' '), details: block(table) };
    },
  },
];

function block(table: ComparisonResult): string {
  return `\`\`\`\n${renderComparison(table)}\n\`\`\``;
}
