import { flag, text } from '@agentmmrec/core';
import { catalogOptions, synthesizeCatalog } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

const { seed: _, ...drawingOptions } = catalogOptions;

export const dataSynth = defineCommand({
  verb: 'data synth',
  summary: 'draw a synthetic shop: items with texts and images, users with tastes, interactions',
  details:
    'Equal options and --seed give equal bytes. The traits that decided are kept apart and no reader opens them.',
  example: 'agentmmrec data synth --out catalog --users 600 --items 400',
  options: {
    out: text('', 'the folder to write'),
    replace: flag(false, 'replace an older catalog in that folder'),
    ...drawingOptions,
  },
  required: ['out'],
  async run({ out, ...options }, session) {
    const summary = await synthesizeCatalog({ ...options, folder: out, seed: session.seed, log: session.log });
    const { users, items, interactions, images } = summary;
    session.say(`drew ${users} users, ${items} items, ${interactions} interactions and ${images} images in ${out}`);
    session.emit({ ...summary, seed: session.seed });
  },
});
