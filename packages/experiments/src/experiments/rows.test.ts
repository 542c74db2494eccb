import { readFileSync } from 'node:fs';
import { findModel, models } from '@agentmmrec/models';
import { expect, test } from '@jest/globals';
import { plain } from '../recipes.js';
import { plusGraphs, rowName, writtenName } from './rows.js';

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

test('what was inferred of each stands in docs/reconstructions.md', () => {
  const page = readFileSync(new URL('../../../../docs/reconstructions.md', import.meta.url), 'utf8');
  const names = Object.keys(models).filter((name) => findModel(name).reconstruction);
  expect(names).toEqual(['even', 'frerec']);
  for (const name of names) expect(page).toContain(`## ${writtenName(name).replace(' (reconstruction)', '')}\n`);
});
