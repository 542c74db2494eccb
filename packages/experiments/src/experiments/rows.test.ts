import { readFileSync } from 'node:fs';
import { findModel, models } from '@agentmmrec/models';
import { expect, test } from '@jest/globals';
import { agentmmrec, plain } from '../recipes.js';
import type { KnowledgeSource } from '../runs/runSpec.js';
import type { PlanContext } from './contract.js';
import { plusGraphs, publishedModels, row, rowName, writtenName } from './rows.js';

test('a reconstruction is called one in every table, whatever stands on top', () => {
  expect(rowName(plain('even'))).toBe('EVEN (reconstruction)');
  expect(rowName({ ...plusGraphs('frerec'), rerank: 'made' })).toBe('frerec (reconstruction) + graph + rerank');
  expect(writtenName('frerec')).toBe('FreRec (reconstruction)');
  expect(rowName(plain('lgmrec'))).toBe('LGMRec');
  expect(rowName(plusGraphs('lgmrec'))).toBe('lgmrec + graph');
});

test('LLMRec is run with what a reasoner adds to its graph, other models with nothing', () => {
  expect(plain('llmrec')).toEqual({ model: 'llmrec', options: {}, knowledge: 'made', rerank: 'none' });
  expect(plain('lgmrec').knowledge).toBe('none');
});

const context: PlanContext = {
  values: {},
  models: ['agentmmrec', 'llmrec', 'lgmrec', 'popularity'],
  data: { name: 'd', hasFeatures: true, readable: false, paperName: null, splitBy: 'auto' },
  wordings: [],
  source: null,
  tuning: () => undefined,
  calls: () => ({ building: 0, refining: 0, reranking: 0 }),
};

test('where nothing can be made of knowledge, LLMRec is run without what it adds, under a name of its own', () => {
  const rows = publishedModels(context).map((recipe) => row(context, recipe));
  expect(rows.map(({ label, missing }) => [label, missing])).toEqual([
    ['LLMRec without augmentation', undefined],
    ['LGMRec', undefined],
  ]);
});

test('a reasoner that finds nothing to read is refused for each row that needs it, before anything starts', () => {
  const source = { reasoner: 'extractive' } as KnowledgeSource;
  const blind = { ...context, source };
  expect(row(blind, agentmmrec).missing).toMatch(/titles, descriptions or pictures/);
  expect(publishedModels(blind)[0]?.knowledge).toBe('none');
  const reading = { ...blind, data: { ...blind.data, readable: true } };
  expect(row(reading, agentmmrec).missing).toBeUndefined();
  expect(publishedModels(reading)[0]?.knowledge).toBe('made');
});

test('what was inferred of each stands in docs/reconstructions.md', () => {
  const page = readFileSync(new URL('../../../../docs/reconstructions.md', import.meta.url), 'utf8');
  const names = Object.keys(models).filter((name) => findModel(name).reconstruction);
  expect(names).toEqual(['even', 'frerec']);
  for (const name of names) expect(page).toContain(`## ${writtenName(name).replace(' (reconstruction)', '')}\n`);
});
