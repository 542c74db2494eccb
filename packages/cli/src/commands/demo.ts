import { AmrError, integer, text } from '@agentmmrec/core';
import { demoText, evaluationSeeds, runDemo, writeDemoReport } from '@agentmmrec/experiments';
import { defineCommand } from '../command.js';

export const demo = defineCommand({
  details:
    'Needs no network and no LLM: the extractive reasoner writes the knowledge. Writes a page and JSON into the workspace’s reports; another demo stands beside them.',
  example: 'agentmmrec demo',
  options: {
    users: integer(600, { min: 50, max: 100_000, help: 'users of each catalog' }),
    items: integer(400, { min: 50, max: 100_000, help: 'items of each catalog' }),
    catalogs: text(evaluationSeeds.join(','), 'catalog seeds, separated by commas'),
  },
  async run({ users, items, catalogs }, session) {
    const catalogSeeds = seedsOf(catalogs, '--catalogs');
    const { workspace, log, signal } = session;
    const result = await runDemo({ device: session.device(), workspace, catalogSeeds, users, items, log, signal });
    const files = writeDemoReport(workspace, result);
    session.say(`${demoText(result)}\n\nWritten: ${files.json}\n         ${files.page}`);
    session.emit({ ...result, files });
  },
});

/** Whole numbers separated by commas, each once. @throws AmrError input */
export function seedsOf(list: string, what: string): number[] {
  const seeds = list.split(',').map((word) => (/^\d{1,9}$/.test(word.trim()) ? Number(word) : Number.NaN));
  if (seeds.every(Number.isInteger) && new Set(seeds).size === seeds.length) return seeds;
  throw new AmrError({
    what,
    got: `"${list}"`,
    expected: 'different whole numbers separated by commas',
    hint: `write ${what} 1,2,3`,
  });
}
