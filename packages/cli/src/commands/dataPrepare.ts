import { flag, text } from '@agentmmrec/core';
import { prepareDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';

const { data: _, ...readingOptions } = datasetOptions;

export const dataPrepare = defineCommand({
  verb: 'data prepare',
  summary: 'read, filter and split a data set once and keep it under a name',
  example: 'agentmmrec data prepare --from ../shared/data/ml-latest-small --name movielens',
  options: {
    from: text('', 'path of the data: an MMRec folder or .inter file, a MovieLens folder, a table'),
    name: text('', 'name to find it by'),
    replace: flag(false, 'replace other data that has this name'),
    ...readingOptions,
  },
  required: ['from', 'name'],
  async run({ from, name, replace, ...options }, session) {
    const { folder, dataset, written } = await prepareDataset({
      ...loadOptions(options, session),
      from,
      name,
      replace,
    });
    session.say(written ? `prepared ${name} in ${folder}` : `${name} holds the same data already: ${folder}`);
    session.emit({ name, folder, written, fingerprint: dataset.training.fingerprint, ...dataset.report });
  },
});
