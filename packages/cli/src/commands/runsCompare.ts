import { AmrError, textTable } from '@agentmmrec/core';
import { metricLabels } from '@agentmmrec/evaluation';
import { type ComparedMetric, compareRuns, Workspace } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { fits } from '../runs/fittingTable.js';
import { stageNames } from '../runs/metricTable.js';
import { decimal } from '../runs/plainNumbers.js';

export const runsCompare = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec runs compare catalog-lightgcn-0123456789ab,catalog-vbpr-0123456789ab',
  options: {},
  positionals: [
    { name: 'runs', help: 'their names, separated by commas; the first is what the others are compared with' },
  ],
  async run(_options, session) {
    const { runs } = new Workspace(session.workspace);
    const names = session.positionals.runs.split(',').filter((name) => name !== '');
    if (names.length < 2) throw tooFew(names.length);
    const compared = compareRuns(names.map((name) => runs.get(name)));
    const tables = (heads: readonly string[]): string =>
      [
        textTable([['', ...heads], ...compared.metrics.map(row)]),
        ...(compared.settings.length === 0
          ? []
          : [
              '',
              textTable([['setting', ...heads], ...compared.settings.map(({ name, values }) => [name, ...values])]),
            ]),
      ].join('\n');
    const whole = tables(names);
    if (fits(whole, session.columns)) session.say(whole);
    else {
      session.say(names.map((name, at) => `run ${at + 1}: ${name}`).join('\n'));
      session.say(`\n${tables(names.map((_, at) => `run ${at + 1}`))}`);
    }
    for (const remark of compared.remarks) session.say(remark);
    session.emit({ runs: names, ...compared });
  },
});

function row({ stage, metric, values, changes }: ComparedMetric): string[] {
  const cells = values.map((value, run) => {
    const change = run === 0 ? null : changes[run];
    return change === null
      ? decimal(value)
      : `${decimal(value)} (${change >= 0 ? '+' : ''}${(100 * change).toFixed(1)} %)`;
  });
  return [`${stageNames[stage]} ${metricLabels[metric]}`, ...cells];
}

function tooFew(count: number): AmrError {
  return new AmrError({
    what: 'runs compare',
    got: `${count} run${count === 1 ? '' : 's'}`,
    expected: 'two or more, separated by commas',
    hint: 'see their names: agentmmrec runs list',
  });
}
