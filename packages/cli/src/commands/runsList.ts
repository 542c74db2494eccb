import { optional } from '@agentmmrec/core';
import { type RunSummary, Workspace } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { fittingTable } from '../runs/fittingTable.js';
import { decimal, moment } from '../runs/plainNumbers.js';

export const runsList = defineCommand({
  details: 'Runs of train and of experiments, the newest first, also those that train now or were stopped.',
  workspace: 'looks',
  example: 'agentmmrec runs list',
  options: { data: optional({ type: 'text', help: 'only runs on the data set of this name' }) },
  async run({ data: wanted }, session) {
    const all = new Workspace(session.workspace).runs.list();
    const runs = all.filter(({ data }) => wanted === null || data === wanted);
    if (runs.length === 0) session.say('no runs yet; train one: agentmmrec train --model lightgcn --data catalog');
    else {
      const { table, leftOut } = fittingTable([[...heads], ...runs.map(row)], {
        columns: session.columns,
        spare: ['seed', 'data', 'begun', 'epochs', 'state'],
        words: ['what', 'state', 'data'],
      });
      session.say(table);
      session.say('valid, test and reranked (test): Recall@20');
      if (leftOut.length > 0) session.say(`not shown, for want of room: ${leftOut.join(', ')} (all with --json)`);
    }
    session.emit({ runs });
  },
});

const heads = ['run', 'what', 'state', 'data', 'seed', 'epochs', 'valid', 'test', 'reranked', 'begun'] as const;

function row({ id, label, state, data, seed, epochs, valid, test, testReranked, startedAtMs }: RunSummary): string[] {
  const recall = [valid, test, testReranked].map((metrics) => decimal(metrics?.['recall@20']));
  return [id, label, state, data, String(seed ?? ''), String(epochs), ...recall, moment(startedAtMs)];
}
