import { existsSync } from 'node:fs';
import { choice, flag, required } from '@agentmmrec/core';
import { columnNames, formatNames, prepareDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';

const { data: _, ...readingOptions } = datasetOptions;
const columnsHelp = Object.entries({ ...columnNames, id: ['item', 'or as item'] })
  .map(([column, names]) => `\n${column}: ${names.join(', ')}`)
  .join('');

export const dataPrepare = defineCommand({
  details:
    'Known are MMRec folders, RecBole atomic files, Amazon reviews of 2014, 2018 and 2023, MovieLens, MicroLens, and tables: ' +
    'interactions (user, item, optional rating, timestamp, x_label) and items (id, title, brand, categories, description, image) as ' +
    'CSV, TSV, JSON, Parquet or Arrow. --columns says which column is meant where its name does not; report.md says what was found, ' +
    `dropped and is missing.\n\nColumns go by other names too, the first that is there, whatever its capitals and hyphens:${columnsHelp}`,
  example: 'agentmmrec data prepare --from catalog --name shop',
  options: {
    from: required({
      type: 'text',
      help: 'a folder, or files separated by commas; tables of any name as INTERACTIONS,ITEMS',
    }),
    format: choice('auto', formatNames, 'auto: found by the files; the report says what is missing'),
    name: required({ type: 'text', help: 'name to find it by' }),
    replace: flag(false, 'replace other data that has this name'),
    ...readingOptions,
  },
  async run({ from, name, replace, format, ...options }, session) {
    const { folder, dataset, written } = await prepareDataset({
      ...loadOptions(options, session),
      from,
      format,
      name,
      replace,
    });
    const { remarks, dropped = [], read } = dataset.report;
    if (read?.format) {
      const { format: found, users, items, interactions } = read;
      session.say(`read as ${found}: ${users} users, ${items} items, ${interactions} interactions`);
    }
    // What the k-core and merging left out is among the remarks too, which every later reading repeats.
    const told = (rows: number) =>
      remarks.some((remark) => remark.includes(`${rows} interactions of`) || remark.startsWith(`${rows} duplicate`));
    for (const { reason, rows } of dropped) if (!told(rows)) session.say(`dropped ${rows}: ${reason}`);
    for (const remark of remarks) session.say(remark);
    if (existsSync(name)) {
      session.log.warn(
        `--data ${name} means the path ${name} while it is there; --data ${folder} is what was prepared`,
      );
    }
    session.say(
      written ? `prepared ${name} in ${folder}; see report.md there` : `${name} holds the same data already: ${folder}`,
    );
    session.emit({ name, folder, written, fingerprint: dataset.training.fingerprint, ...dataset.report });
  },
});
