import { integer, text } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { textTable } from '@agentmmrec/experiments';
import { recommend as recommendItems } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';
import { denseId } from '../knowledgeFile.js';
import { openTrained } from '../trainedRun.js';

export const recommend = defineCommand({
  verb: 'recommend',
  summary: 'list the best items for a user among those not in training',
  example: 'agentmmrec recommend --data catalog --user u1 -k 20',
  options: {
    ...datasetOptions,
    user: text('', "the user, by the data set's own id"),
    k: integer(20, { min: 1, max: 10_000, help: 'how many items' }),
    checkpoint: text('', 'the checkpoint; default: the newest finished run on this data set'),
  },
  required: ['data', 'user'],
  async run({ data, user, k, checkpoint, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const { training } = dataset;
    const dense = denseId('user', user, training.userIds);
    const { study, model, manifest, path } = await openTrained(dataset, checkpoint, session);
    try {
      const found = recommendItems({ model, device: session.device(), train: training.train, user: dense, k });
      const items = found.map(({ item, score }, at) => {
        const title = training.content?.[item].title;
        return { rank: at + 1, item: training.itemIds[item], score, ...(title && { title }) };
      });
      const rows = items.map(({ rank, item, score, title }) => [String(rank), item, score.toFixed(4), title ?? '']);
      session.say(textTable([['rank', 'item', 'score', 'title'], ...rows]));
      session.emit({ user, model: manifest.recipe.model, checkpoint: path, items });
    } finally {
      await study.close();
    }
  },
});
