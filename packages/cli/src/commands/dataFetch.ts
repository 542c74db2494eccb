import { flag, required } from '@agentmmrec/core';
import { datasetCatalogue, fetchDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

export const dataFetch = defineCommand({
  details: 'An interrupted download goes on. Digests are recorded at the first download and compared later.',
  workspace: 'looks',
  example: 'agentmmrec data fetch ml-latest-small --out movielens',
  positionals: [{ name: 'name', help: datasetCatalogue.map((entry) => entry.name).join(', ') }],
  options: {
    out: required({ type: 'text', help: 'the folder to fill' }),
    content: flag(true, 'titles, descriptions and image features too; --no-content for interactions alone'),
  },
  async run({ out, content }, session) {
    const { positionals, log, signal } = session;
    const fetched = await fetchDataset({ name: positionals.name ?? '', folder: out, content, log, signal });
    for (const { fileName, verification, sha256 } of fetched.files) {
      session.say(`${fileName}: ${verification}, SHA-256 ${sha256}`);
    }
    if (fetched.expected) {
      const { users, items, interactions } = fetched.expected;
      session.say(`published counts: ${users} users, ${items} items, ${interactions} interactions`);
    }
    session.say(`next: agentmmrec data prepare --from ${out} --name ${fetched.name}`);
    session.emit(fetched);
  },
});
