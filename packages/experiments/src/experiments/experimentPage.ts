import { comparisonPageTable, differenceChart } from '../comparisonTable.js';
import type { DatasetComparison } from '../datasetComparison.js';
import { renderPage } from '../page/page.js';
import { differenceSentence } from '../statistics/comparison.js';

/** A comparison on one data set as a self-contained page. */
export function experimentPage(name: string, data: string, result: DatasetComparison): string {
  const { rows, differences, seeds } = result;
  const recall = differences.filter(({ metric }) => metric === 'recall@20');
  return renderPage({
    title: `${name} on ${data}`,
    introduction: [
      `Training seeds ${seeds.join(', ')}. Mean and sample standard deviation over seeds; the test split was opened once a run.`,
    ],
    sections: [
      { heading: 'Test metrics', table: comparisonPageTable(result, rows.length > 0 ? [rows[0].label] : []) },
      {
        heading: 'Paired differences',
        paragraphs: differences.map(differenceSentence),
        intervals: [differenceChart('Difference in Recall@20', recall)],
      },
      { heading: 'Notes', paragraphs: rows.flatMap((row) => (row.note ? [`${row.label}: ${row.note}.`] : [])) },
    ],
  });
}
