import { metricNames } from '@agentmmrec/evaluation';
import {
  type ComparisonResult,
  type RunRecord,
  renderComparison,
  resultLine,
  textTable,
} from '@agentmmrec/experiments';
import type { Session } from './session.js';

/** A finished run for people and, as the last JSON line, for machines. */
export function showTraining(record: RunRecord, comparison: ComparisonResult | null, session: Session): void {
  for (const remark of record.remarks) session.log.info(`${record.model}: ${remark}`);
  const { model, valid, test, testReranked, epochs, secondsPerEpoch, peakRssBytes, feedback } = record;
  const rows = {
    validation: valid,
    test: test.metrics,
    ...(testReranked && { 'test reranked': testReranked.metrics }),
  };
  const lines = Object.entries(rows).map(([name, metrics]) => [
    name,
    ...metricNames.map((metric) => metrics[metric].toFixed(4)),
  ]);
  session.say(textTable([[model, ...metricNames], ...lines]));
  const pace = secondsPerEpoch === null ? '' : ` of ${secondsPerEpoch.toFixed(2)} s`;
  session.say(`${epochs} epochs${pace} on ${record.device}, ${(peakRssBytes / 1e6).toFixed(0)} MB at most`);
  for (const { period, report } of feedback) session.say(`feedback round ${period + 1}: ${JSON.stringify(report)}`);
  if (record.synthetic) session.say('SYNTHETIC FEATURES: drawn from a seed, they say nothing about real content');
  if (comparison) session.say(`\n${renderComparison(comparison)}`);
  session.emit({
    ...resultLine(record),
    remarks: record.remarks,
    ...(feedback.length > 0 && { feedback }),
    ...(comparison && { comparison }),
  });
}
