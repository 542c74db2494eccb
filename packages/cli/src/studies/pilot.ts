import {
  durationText,
  estimateText,
  type MeasuredCost,
  type MeasuredPlan,
  type Pilot,
  scaled,
  type TaskPilot,
} from '@agentmmrec/agents';
import { textTable } from '@agentmmrec/core';

const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(0)} %`);

/** What the calls of a pilot came to, task by task. */
export function pilotTable({ tasks, inFlight }: Pilot): string {
  const rows = tasks.map((one) => {
    const { repaired, refused } = shares(one);
    const agreement = one.agreement === null ? '-' : estimateText(one.agreement);
    const [seconds, tokensIn, tokensOut] = [one.seconds, one.inputTokens, one.outputTokens].map((sample) =>
      estimateText(sample.estimate()),
    );
    const counts = [one.calls, one.requests, one.failed].map(String);
    return [one.task, ...counts, agreement, percent(repaired), percent(refused), seconds, tokensIn, tokensOut];
  });
  const head = [
    'task',
    'calls',
    'requests',
    'failed',
    'agreement',
    'repaired',
    'refused',
    'seconds',
    'tokens in',
    'out',
  ];
  return `${textTable([head, ...rows])}\nSeconds and tokens are of a call, its repeated attempts included, ${inFlight} in flight; in brackets 95 % intervals.`;
}

/** Of accepted answers those that were mended, and of all answers those that could not be used. */
export function shares({ answers }: TaskPilot): { repaired: number | null; refused: number | null } {
  if (answers === null) return { repaired: null, refused: null };
  const wrong = Object.values(answers.refused).reduce((sum, count) => sum + count, 0);
  const all = answers.accepted + wrong;
  return {
    repaired: answers.accepted === 0 ? null : answers.repaired / answers.accepted,
    refused: all === 0 ? null : wrong / all,
  };
}

/** The whole job at what the pilot measured, a line for each part. */
export function measuredLines(plan: MeasuredPlan): string[] {
  const lines = (['building', 'refining', 'feedback', 'finalReranking', 'total'] as const).map((part) =>
    line(
      {
        building: 'building',
        refining: 'refining',
        feedback: 'feedback, at most',
        finalReranking: 'final reranking',
        total: 'total',
      }[part],
      plan[part],
    ),
  );
  if (plan.unmeasured.length === 0) return lines;
  return [...lines, `Not measured and left out: ${plan.unmeasured.join(', ')}.`];
}

function line(name: string, { calls, hours, inputTokens, outputTokens, money }: MeasuredCost): string {
  return [
    `${name.padEnd(18)} ${String(calls).padStart(9)} calls`,
    durationText(scaled(hours, 3600)),
    `${estimateText(scaled(inputTokens, 1e-6))} M tokens in`,
    `${estimateText(scaled(outputTokens, 1e-6))} M out`,
    ...(money === null ? [] : [`${estimateText(money)} money`]),
  ].join('  ');
}
