import { join } from 'node:path';
import { type AcceptanceCheck, type AcceptanceContext, type CheckOutcome, noData, numberAt } from '../check.js';

const LIMIT_SECONDS = 15 * 60;
const LIMIT_BYTES = 500e6;

export const baselineChecks: readonly AcceptanceCheck[] = [
  {
    id: 'lightgcn-baby',
    issue: 2,
    kind: 'gate',
    expected: 'LightGCN, 2 layers, on Baby: test Recall@20 >= 0.0731, NDCG@20 >= 0.0318, under 15 minutes and 500 MB',
    run: (context) => onBaby(context, ['--model', 'lightgcn', '--layers', '2'], 0.0731, 0.0318),
  },
  {
    id: 'bpr-baby',
    issue: 2,
    kind: 'gate',
    expected: 'BPR on Baby: test Recall@20 >= 0.0558, under 15 minutes and 500 MB',
    run: (context) => onBaby(context, ['--model', 'bpr'], 0.0558, 0),
  },
];

async function onBaby(
  context: AcceptanceContext,
  words: readonly string[],
  recall: number,
  ndcg: number,
): Promise<CheckOutcome> {
  if (context.data === null) return noData;
  const { result, seconds } = await context.agentmmrec(['train', ...words, '--data', join(context.data, 'baby')]);
  const [gotRecall, gotNdcg] = [numberAt(result, 'test', 'recall@20'), numberAt(result, 'test', 'ndcg@20')];
  const bytes = numberAt(result, 'peakRssBytes');
  return {
    passed: gotRecall >= recall && gotNdcg >= ndcg && seconds < LIMIT_SECONDS && bytes < LIMIT_BYTES,
    measured:
      `Recall@20 ${gotRecall.toFixed(4)}, NDCG@20 ${gotNdcg.toFixed(4)}, ${seconds.toFixed(0)} s, ` +
      `${numberAt(result, 'epochs')} epochs of ${numberAt(result, 'secondsPerEpoch').toFixed(2)} s, ${(bytes / 1e6).toFixed(0)} MB`,
  };
}
