import { checksumOfFiles, datasetCatalogue, findPublishedCounts, sizeOfFiles } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

export const dataSources = defineCommand({
  details: 'A size or checksum that nobody publishes is recorded at the first download and compared later.',
  workspace: 'looks',
  example: 'agentmmrec data sources',
  options: {},
  async run(_options, session) {
    const sources = datasetCatalogue.map(({ name, title, source, licence, counts, files }) => {
      const { users, items, interactions } = findPublishedCounts(counts) ?? {};
      const expected = users === undefined ? null : { users, items, interactions };
      return { name, title, source, licence, size: sizeOfFiles(files), checksum: checksumOfFiles(files), expected };
    });
    for (const { name, title, source, licence, size, checksum, expected } of sources) {
      const counts =
        expected && `${expected.users} users, ${expected.items} items, ${expected.interactions} interactions`;
      session.say(`${name}: ${title}`);
      session.say(`  source    ${source}\n  licence   ${licence}\n  size      ${size}\n  checksum  ${checksum}`);
      session.say(`  counts    ${counts ?? 'not published'}`);
    }
    session.emit({ sources });
  },
});
