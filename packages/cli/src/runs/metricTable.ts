import { textTable } from '@agentmmrec/core';
import { metricLabels, metricNames } from '@agentmmrec/evaluation';
import type { Metrics } from '@agentmmrec/experiments';
import { shownName } from '@agentmmrec/models';

/** What one model reached, a line for each split or stage; null lines were not measured. */
export function metricTable(model: string, measured: Readonly<Record<string, Metrics | null>>): string {
  const lines = Object.entries(measured).flatMap(([name, metrics]) =>
    metrics === null ? [] : [[name, ...metricNames.map((metric) => metrics[metric].toFixed(4))]],
  );
  return textTable([[shownName(model), ...metricNames.map((metric) => metricLabels[metric])], ...lines]);
}

/** How tables name what was measured, by the names of a run's results. */
export const stageNames = { valid: 'validation', test: 'test', testReranked: 'test reranked' } as const;
