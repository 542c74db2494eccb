import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diffVersions, diffWords, openMemory } from './index.js';

describe('diff', () => {
  test('marks words that came and went', () => {
    expect(diffWords('likes red leather shoes', 'likes soft leather boots')).toEqual([
      { change: 'same', text: 'likes' },
      { change: 'removed', text: 'red' },
      { change: 'added', text: 'soft' },
      { change: 'same', text: 'leather' },
      { change: 'removed', text: 'shoes' },
      { change: 'added', text: 'boots' },
    ]);
  });

  test('gives either text back when the other side is left out', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (older, newer) => {
        const pieces = diffWords(older, newer);
        const without = (change: string) =>
          pieces
            .filter((p) => p.change !== change)
            .map((p) => p.text)
            .join(' ');
        expect(without('added')).toBe(older);
        expect(without('removed')).toBe(newer);
      }),
    );
  });

  test('of versions goes part by part and names versions that are missing', () => {
    const memory = openMemory({ path: ':memory:', fingerprint: 'data', mode: 'write' });
    const provenance = {
      agent: 'integrator',
      tasks: [],
      reasoner: 'extractive',
      modelDigest: '',
      templates: [],
      interactions: [],
      sampledItems: [],
      split: 'train',
      seed: 0,
      attempt: 1,
      elapsedMs: 0,
      inputTokens: 0,
      outputTokens: 0,
      repairs: [],
    } as const;
    memory.put({ kind: 'preference', entity: 0, parts: { text: 'red', visual: null, crossModal: 'x' }, provenance });
    memory.put({ kind: 'preference', entity: 0, parts: { text: 'red', visual: null, crossModal: null }, provenance });
    expect(diffVersions(memory, { kind: 'preference', entity: 0 }, { older: 1, newer: 2 })).toEqual({
      text: [{ change: 'same', text: 'red' }],
      visual: null,
      crossModal: [{ change: 'removed', text: 'x' }],
    });
    expect(() => diffVersions(memory, { kind: 'preference', entity: 0 }, { older: 1, newer: 5 })).toThrow(
      /got version 5, expected one of 1, 2/,
    );
  });
});
