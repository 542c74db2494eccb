import { useState } from 'preact/hooks';
import type { ReplyOf } from '../answers.js';
import { type Curve, LineChart } from '../charts/lineChart.js';
import { Card, Segments } from './parts.js';

type Points = ReplyOf<'getRun'>['curve'];

/** Runs laid over each other: validation or loss by epoch. */
export function CurvesCard({ runs }: { runs: readonly { readonly name: string; readonly curve: Points }[] }) {
  const [what, setWhat] = useState<'valid' | 'loss'>('valid');
  const curves: Curve[] = runs.map(({ name, curve }) => ({
    name,
    points: curve.map(({ epoch, loss, validRecall20 }) => ({ x: epoch, y: what === 'valid' ? validRecall20 : loss })),
  }));
  const title = what === 'valid' ? 'Validation Recall@20 by epoch' : 'Training loss by epoch';
  const end = (
    <Segments<'valid' | 'loss'>
      label="What is drawn"
      options={[
        ['valid', 'Recall@20'],
        ['loss', 'Loss'],
      ]}
      value={what}
      onChange={setWhat}
    />
  );
  return (
    <Card title={title} end={end}>
      <LineChart title={title} curves={curves} xName="epoch" />
    </Card>
  );
}
