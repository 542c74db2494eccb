import { flag, required } from '@agentmmrec/core';
import { catalogOptions, synthesizeCatalog } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';

const { seed: _, ...drawingOptions } = catalogOptions;

export const dataSynth = defineCommand({
  details:
    'Equal options and --seed give equal bytes; catalog.md in the folder says how it was drawn. The traits that decided are kept ' +
    'apart and no reader opens them. A million interactions: --users 112000 --items 20000 --image-size 0; images take longer ' +
    'than all the rest.',
  workspace: 'looks',
  example: 'agentmmrec data synth --out catalog --users 600 --items 400',
  options: {
    out: required({ type: 'text', help: 'the folder to write' }),
    replace: flag(false, 'replace an older catalog in that folder'),
    ...drawingOptions,
  },
  async run({ out, ...options }, session) {
    const { seed, log, signal } = session;
    const summary = await synthesizeCatalog({ ...options, folder: out, seed, log, signal });
    const { users, items, interactions, images, coldItems } = summary;
    session.say(`drew ${users} users, ${items} items, ${interactions} interactions and ${images} images in ${out}`);
    if (coldItems > 0) session.say(`${coldItems} items are new: they are held out of training`);
    session.emit({ ...summary, seed });
  },
});
