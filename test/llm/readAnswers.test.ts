import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debrisOf } from '@agentmmrec/agents';
import { describe, expect, test } from '@jest/globals';
import { root } from '../support/repository.js';

/** A text that SmolLM2-135M wrote, what it was shown, and how people read it. */
interface ReadAnswer {
  readonly wording: string;
  readonly kind: 'property' | 'preference' | 'update';
  readonly read: 'own' | 'copy' | 'unclear';
  readonly text: string;
  readonly shown: string;
}

/** First answers of a model, a text each, read one by one (docs/measurements.md#copies). */
const { instructions, answers } = JSON.parse(
  readFileSync(join(root, 'test/llm/fixtures/readAnswers.json'), 'utf8'),
) as { readonly instructions: Readonly<Record<string, string>>; readonly answers: readonly ReadAnswer[] };

const refused = ({ wording, kind, text, shown }: ReadAnswer) => {
  const kept = kind === 'update' ? (/^> (?:U1: )?text (.*)$/m.exec(shown)?.[1] ?? '') : '';
  return debrisOf(text, { instructions: instructions[`${wording} ${kind}`], shown, kept });
};

describe('the check reads answers of a very small model as people did', () => {
  const read = (as: ReadAnswer['read']) => answers.filter((one) => one.read === as);

  test('no text in words of its own is refused as a copy', () => {
    expect(read('own').length).toBeGreaterThan(30);
    expect(read('own').flatMap((one) => refused(one) ?? [])).toEqual([]);
  });

  test('copies are refused, but for one whose words are mostly its own description', () => {
    // Descriptions that come back unchanged are told by the question, which knows them.
    const copies = read('copy').filter(({ wording, kind }) => !(wording === 'brief@3' && kind === 'update'));
    expect(copies.length).toBeGreaterThan(15);
    expect(copies.filter((one) => refused(one) === null).map(({ text }) => text)).toEqual([
      'A product is Fjordane thoughtful platter for every day, such as home and kitchen and trays.',
    ]);
  });
});
