import { repairSentences } from '@agentmmrec/agents';
import { type ComparisonResult, type RunRecord, renderComparison, resultLine } from '@agentmmrec/experiments';
import { shownName } from '@agentmmrec/models';
import type { FeedbackReport, RerankReport } from '@agentmmrec/training';
import type { Session } from '../session/session.js';
import { metricTable } from './metricTable.js';

/** A finished run for people and, as the last JSON line, for machines. */
export function showTraining(record: RunRecord, comparison: ComparisonResult | null, session: Session): void {
  // What encodes was said when it was opened.
  const remarks = record.remarks.filter((remark) => !remark.startsWith('encoders: '));
  for (const remark of remarks) session.log.info(`${shownName(record.model)}: ${remark}`);
  const { model, valid, test, testReranked, reranking, epochs, secondsPerEpoch, peakRssBytes, feedback } = record;
  const reranked = testReranked?.metrics ?? null;
  const weighed = reranking?.validation?.after ?? null;
  session.say(
    metricTable(model, {
      validation: valid,
      'validation reranked': weighed,
      test: test.metrics,
      'test reranked': reranked,
    }),
  );
  if (reranking) session.say(rerankingLine(reranking));
  const pace = secondsPerEpoch === null ? '' : ` of ${paceOf(secondsPerEpoch)}`;
  session.say(
    `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}${pace} on ${record.device}, ${(peakRssBytes / 1e6).toFixed(0)} MB at most`,
  );
  for (const { report } of feedback) session.say(feedbackLine(report as FeedbackReport));
  if (record.synthetic) session.say('SYNTHETIC FEATURES: drawn from a seed, they say nothing about real content');
  if (comparison) session.say(`\n${renderComparison(comparison)}`);
  session.emit({
    ...resultLine(record),
    remarks: record.remarks,
    ...(reranking && { reranking }),
    ...(feedback.length > 0 && { feedback }),
    ...(comparison && { comparison }),
  });
}

/** Short times in milliseconds: no epoch takes 0.00 s. */
function paceOf(seconds: number): string {
  return seconds < 0.1 ? `${Math.max(1, Math.round(1000 * seconds))} ms` : `${seconds.toFixed(2)} s`;
}

/** The final reranking in one line. */
export function rerankingLine({ users, failed, repairs, weight = 1 }: RerankReport): string {
  const mended = repairSentences(repairs);
  const failures = failed > 0 ? `, ${failed} whose call failed keep their lists` : '';
  const share =
    weight === 1
      ? ''
      : `, the Utilizer's order with weight ${weight}${weight === 0 ? ': no clear gain on validation, the lists stay' : ''}`;
  return `${users} users reranked${share}${failures}${mended.length > 0 ? `; repaired: ${mended.join(', ')}` : ''}`;
}

/** A round in one line. NDCG is measured on the round's fold before any rewrite. */
function feedbackLine(report: FeedbackReport): string {
  const { period, users, judged, failed, useful, ndcgBase, ndcgReranked, improved, rolledBack } = report;
  const ndcg = ndcgBase === null ? '' : `, NDCG ${ndcgBase.toFixed(4)} to ${ndcgReranked?.toFixed(4)} by reranking`;
  const counts = `${judged} of ${users} users judged${ndcg}, knowledge useful for ${useful}`;
  const failures = failed > 0 ? `, ${failed} failed` : '';
  return `feedback round ${period + 1}: ${counts}; ${improved} ${improved === 1 ? 'preference' : 'preferences'} improved, ${rolledBack} rolled back${failures}`;
}
