import { join } from 'node:path';
import { digest, pickOptions, text, writeFileAtomic } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { experimentPage, experiments, findExperiment, renderComparison } from '@agentmmrec/experiments';
import { trainingOptions } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { openStudy, studyOptions } from '../studies/studyOptions.js';
import { seedsOf } from './demo.js';

const names = Object.keys(experiments);

export const experiment = defineCommand({
  details: Object.values(experiments)
    .map(({ name, summary }) => `${name}: ${summary}`)
    .join('\n'),
  example: 'agentmmrec experiment comparison --data catalog --reasoner extractive --seeds 999,2026,1',
  positionals: [{ name: 'name', help: `one of ${names.join(', ')}` }],
  options: {
    ...datasetOptions,
    ...trainingOptions,
    ...studyOptions,
    seeds: text('999,2026,1', 'training seeds, separated by commas'),
  },
  async run({ data, seeds, ...options }, session) {
    const chosen = findExperiment(session.positionals.name);
    const seedList = seedsOf(seeds, '--seeds');
    const dataset = await loadDataset(data, loadOptions(options, session));
    const study = await openStudy(dataset, options, session);
    try {
      const result = await chosen.run(study, seedList, { training: pickOptions(trainingOptions, options) });
      const { name: dataName, fingerprint } = dataset.training;
      // Reports of the same study with other data or options stand beside each other; the same again takes its own place.
      const which = digest({ fingerprint, seeds: seedList, options }).slice(0, 8);
      const stem = join(session.workspace, 'reports', `${chosen.name}-${dataName}-${which}`);
      writeFileAtomic(`${stem}.json`, `${JSON.stringify(result, null, 2)}\n`);
      writeFileAtomic(`${stem}.html`, experimentPage(chosen.name, dataset.training.name, result));
      session.say(`${renderComparison(result)}\n\nWritten: ${stem}.json\n         ${stem}.html`);
      session.emit({
        experiment: chosen.name,
        data: dataset.training.name,
        ...result,
        files: { json: `${stem}.json`, page: `${stem}.html` },
      });
    } finally {
      await study.close();
    }
  },
});
