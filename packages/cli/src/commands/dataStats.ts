import { textTable } from '@agentmmrec/core';
import { type DatasetStats, datasetStats, loadDataset, type Spread } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';

export const dataStats = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec data stats --data catalog',
  options: datasetOptions,
  async run({ data, ...options }, session) {
    const stats = datasetStats(await loadDataset(data, loadOptions(options, session)));
    session.say(describe(stats));
    session.emit(stats);
  },
});

function describe(stats: DatasetStats): string {
  const { interactions, content } = stats;
  const rows = [
    ['users', String(stats.users)],
    ['items', String(stats.items)],
    ['interactions', String(interactions.total)],
    ['  training', String(interactions.train)],
    ['  validation', String(interactions.validation)],
    ['  test (sealed)', String(interactions.test)],
    ['density', `${(100 * stats.density).toFixed(3)} %`],
    ['training items a user', spreadText(stats.trainPerUser)],
    ['training users an item', spreadText(stats.trainPerItem)],
    ...stats.sparsityGroups.map((group) => [`  users with ${group.label}`, String(group.users)]),
    ['cold users', String(stats.coldUsers)],
    ['cold items', String(stats.coldItems)],
    ['duplicates merged', String(stats.duplicatesMerged)],
    ...stats.features.map((feature) => [
      `${feature.modality} features`,
      `${feature.width} wide${feature.synthetic ? ', synthetic' : ''}`,
    ]),
    ...(content === null
      ? [['content', 'none']]
      : Object.entries(content)
          .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
          .map(([part, count]) => [`items with ${part}`, String(count)])),
  ];
  return [`${stats.name} (${stats.source})`, textTable(rows)].join('\n');
}

function spreadText({ min, median, mean, max }: Spread): string {
  return `${min} to ${max}, median ${median}, mean ${mean.toFixed(1)}`;
}
