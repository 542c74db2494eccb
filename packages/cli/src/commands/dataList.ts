import { textTable } from '@agentmmrec/core';
import { type PreparedSummary, Workspace } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { moment } from '../runs/plainNumbers.js';

export const dataList = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec data list',
  options: {},
  async run(_options, session) {
    const datasets = new Workspace(session.workspace).datasets();
    if (datasets.length === 0)
      session.say('no data set is prepared yet; prepare one: agentmmrec data prepare --from PATH --name NAME');
    else
      session.say(
        textTable([['data', 'users', 'items', 'training', 'features', 'prepared'], ...datasets.map(row)], [4]),
      );
    for (const { name, problem } of datasets) if (problem !== null) session.say(`${name}: ${problem}`);
    session.emit({ datasets });
  },
});

function row({ name, users, items, interactions, features, preparedAtMs }: PreparedSummary): string[] {
  const counts = [users, items, interactions?.train].map((count) => String(count ?? '-'));
  return [name, ...counts, features.join(', ') || '-', moment(preparedAtMs)];
}
