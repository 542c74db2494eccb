import { type ComparisonResult, type RunRecord, renderComparison, resultLine } from '@agentmmrec/experiments';
import type { FeedbackReport } from '@agentmmrec/training';
import { metricTable } from './metricTable.js';
import type { Session } from './session.js';

/** A finished run for people and, as the last JSON line, for machines. */
export function showTraining(record: RunRecord, comparison: ComparisonResult | null, session: Session): void {
  for (const remark of record.remarks) session.log.info(`${record.model}: ${remark}`);
  const { model, valid, test, testReranked, epochs, secondsPerEpoch, peakRssBytes, feedback } = record;
  const reranked = testReranked?.metrics ?? null;
  session.say(metricTable(model, { validation: valid, test: test.metrics, 'test reranked': reranked }));
  const pace = secondsPerEpoch === null ? '' : ` of ${secondsPerEpoch.toFixed(2)} s`;
  session.say(`${epochs} epochs${pace} on ${record.device}, ${(peakRssBytes / 1e6).toFixed(0)} MB at most`);
  for (const { report } of feedback) session.say(feedbackLine(report as FeedbackReport));
  if (record.synthetic) session.say('SYNTHETIC FEATURES: drawn from a seed, they say nothing about real content');
  if (comparison) session.say(`\n${renderComparison(comparison)}`);
  session.emit({
    ...resultLine(record),
    remarks: record.remarks,
    ...(feedback.length > 0 && { feedback }),
    ...(comparison && { comparison }),
  });
}

/** A round in one line. NDCG is measured on the round's fold before any rewrite. */
function feedbackLine(report: FeedbackReport): string {
  const { period, users, judged, useful, ndcgBase, ndcgReranked, improved, rolledBack } = report;
  const ndcg = ndcgBase === null ? '' : `, NDCG ${ndcgBase.toFixed(4)} to ${ndcgReranked?.toFixed(4)} by reranking`;
  const counts = `${judged} of ${users} users judged${ndcg}, knowledge useful for ${useful}`;
  return `feedback round ${period + 1}: ${counts}; ${improved} preferences improved, ${rolledBack} rolled back`;
}
