import { choice, required } from '@agentmmrec/core';
import { exportDataset, exportFormats, loadDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';

export const dataExport = defineCommand({
  details:
    'The files hold all splits, features and images, so the opening of the test split is logged. mmrec is read back without loss.',
  example: 'agentmmrec data export --data catalog --format recbole --out catalog-recbole',
  options: {
    ...datasetOptions,
    format: choice('mmrec', exportFormats, 'what the files are for'),
    out: required({ type: 'text', help: 'the folder to make' }),
  },
  async run({ data, format, out, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    await exportDataset(dataset, format, out);
    session.say(`wrote ${dataset.training.name} as ${format} to ${out}`);
    session.emit({ folder: out, format, name: dataset.training.name });
  },
});
