import { textTable } from '@agentmmrec/core';
import { metricLabels, metricNames } from '@agentmmrec/evaluation';
import { type RunDetails, Workspace } from '@agentmmrec/explorer';
import { shownName } from '@agentmmrec/models';
import { defineCommand } from '../command.js';
import { stageNames } from '../runs/metricTable.js';
import { decimal, moment } from '../runs/plainNumbers.js';

export const runsShow = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec runs show catalog-lightgcn-0123456789ab',
  options: {},
  positionals: [{ name: 'run', help: 'its name, as runs list says it' }],
  async run(_options, session) {
    const run = new Workspace(session.workspace).runs.get(session.positionals.run);
    session.say(describe(run));
    session.emit(run);
  },
});

function describe(run: RunDetails): string {
  const facts = [
    ['state', run.state],
    ['model', shownName(run.model)],
    ['data', run.data],
    ['seed', String(run.seed ?? '-')],
    ['begun', moment(run.startedAtMs)],
    ['epochs', `${run.epochs}${run.plannedEpochs === null ? '' : ` of at most ${run.plannedEpochs}`}`],
    ['best epoch', String(run.bestEpoch ?? '-')],
    ['device', run.device ?? '-'],
    ['reasoner', run.reasoner ?? 'none'],
    ...Object.entries({ ...run.training, ...run.options }).map(([name, value]) => [name, String(value)]),
    ...(run.problem === null ? [] : [['problem', run.problem]]),
  ];
  const measured = (['valid', 'test', 'testReranked'] as const).map((stage) => [
    stageNames[stage],
    ...metricNames.map((metric) => decimal(run[stage]?.[metric])),
  ]);
  const tables = [
    textTable(facts, [1]),
    textTable([['', ...metricNames.map((metric) => metricLabels[metric])], ...measured]),
  ];
  if (run.curve.length > 0)
    tables.push(textTable([['epoch', 'loss', 'valid Recall@20'], ...thinned(run.curve).map(line)]));
  return [run.label, ...tables].join('\n\n');
}

function line({ epoch, loss, validRecall20 }: RunDetails['curve'][number]): string[] {
  return [String(epoch), decimal(loss), decimal(validRecall20)];
}

/** At most some twenty lines, the last among them; `--json` has all. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(points.length / 20));
  return points.filter((_, at) => at % step === 0 || at === points.length - 1);
}
