import { required } from '@agentmmrec/core';
import { fetchImages, imageFetchOptions } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

export const dataImages = defineCommand({
  details: 'Images that are there are kept. What cannot be fetched stands with its reason in dead-links.tsv.',
  workspace: 'looks',
  example: 'agentmmrec data images --list .agentmmrec/datasets/baby/image-urls.tsv --out amazon-baby/images',
  options: {
    list: required({ type: 'text', help: 'a table (TSV or CSV) with the columns id and url' }),
    out: required({ type: 'text', help: 'the folder to fill' }),
    ...imageFetchOptions,
  },
  async run({ out, ...options }, session) {
    const { fetched, kept, dead } = await fetchImages({
      ...options,
      folder: out,
      log: session.log,
      signal: session.signal,
    });
    session.say(`${fetched} images fetched, ${kept} were there, ${dead.length} dead (dead-links.tsv)`);
    session.emit({ folder: out, fetched, kept, dead: dead.length });
  },
});
