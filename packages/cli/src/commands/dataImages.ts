import { integer, required } from '@agentmmrec/core';
import { fetchImages } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

export const dataImages = defineCommand({
  details: 'Images that are there are kept. What cannot be fetched stands with its reason in dead-links.tsv.',
  workspace: 'looks',
  example: 'agentmmrec data images --list .agentmmrec/datasets/baby/image-urls.tsv --out amazon-baby/images',
  options: {
    list: required({ type: 'text', help: 'a table (TSV or CSV) with the columns id and url' }),
    out: required({ type: 'text', help: 'the folder to fill' }),
    concurrency: integer(8, { min: 1, max: 64, help: 'requests at a time' }),
    idleTimeoutMs: integer(20_000, { min: 100, max: 600_000, help: 'longest silence of a server' }),
    mostBytes: integer(16 * 2 ** 20, { min: 1024, max: 64 * 2 ** 20, help: 'nothing larger is kept' }),
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
