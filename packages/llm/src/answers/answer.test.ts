import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { AnswerSchema } from '../contract/contract.js';
import { jsonSchemaOf, readAnswer, readLenient } from './answer.js';

const profile = z.strictObject({
  traits: z
    .array(
      z.strictObject({
        trait: z.string().min(3).max(40),
        strength: z.enum(['strong', 'weak']),
        evidence: z.string().max(40),
      }),
    )
    .min(1)
    .max(3),
  summary: z.string().min(10).max(80),
});
const schema: AnswerSchema<z.infer<typeof profile>> = { name: 'profile', strict: profile };
const names = z.enum(['C1', 'C2', 'C3', 'C4', 'C12']);
const selection = z.strictObject({ chosen: z.array(names).length(2) });
const choice: AnswerSchema<{ chosen: string[] }> = {
  name: 'choice',
  strict: selection,
  lenient: z.object({ chosen: z.array(z.string()) }),
};

const good = {
  traits: [{ trait: 'oak and brass', strength: 'strong', evidence: 'P1' }],
  summary: 'Likes oak with brass, for "12 inch" shelves.',
};
const json = JSON.stringify(good);
const read = (text: string, finish: 'stop' | 'length' = 'stop') => readAnswer(text, finish, schema);

/** Each means `good` and nothing else. */
const same: Record<string, string> = {
  'a fence': `\`\`\`json\n${JSON.stringify(good, null, 2)}\n\`\`\``,
  'a fence in capitals, on one line': `\`\`\`JSON ${json} \`\`\``,
  'a fence of tildes that is never closed': `~~~\n${json}`,
  'words before and after': `Sure! Here it is:\n\n\`\`\`\n${json}\n\`\`\`\nI hope {this} helps.`,
  'a reasoning block with braces': `<think>\nThey {seem} to like [oak]. "Hm"\n</think>\n${json}`,
  'a reasoning block with a draft': `<reasoning>{"traits":[],"summary":"a draft of the answer"}</reasoning>${json}`,
  'the end of a reasoning block alone': `They like oak.\n</thinking>\n\n${json}`,
  'the beginning of one alone': `<think>They like oak. ${json}`,
  'an answer inside the block': `<think>${json}</think>`,
  'a channel of its own': `<|channel|>analysis<|message|>oak<|end|><|channel|>final<|message|>${json}`,
  'trailing commas': json.replace(/\}$/, ',}').replace(']', ',]'),
  comments: json.replace('{', '{ // my answer\n'),
  'a raw line end in a text': json.replace('with brass', 'with\nbrass'),
  'the object in a list': `[${json}]`,
  'the object under a name': `{"profile":${json}}`,
  'the object as text': JSON.stringify(json),
  'the object as text under a name': JSON.stringify({ answer: json }),
  'the same twice': `${json}\n${json}`,
  'a surplus key': json.replace('{', '{"confidence":0.9,'),
  'keys in other letters': json.replace('"summary"', '"Summary"').replace('"traits"', '"TRAITS"'),
  'an enumeration in other letters': json.replace('"strong"', '" Strong."'),
  'evidence as a list': json.replace('"P1"', '["P1"]'),
  'a single trait without its list': json.replace('[{', '{').replace('}]', '}'),
  'the object in braces of its own': `\\boxed{${json}}`,
  'a raw control character': json.replace('with brass', 'with\u0001brass'),
  'the object under two names': `{"data":{"answer":${json}}}`,
  'a list as text': JSON.stringify({ ...good, traits: JSON.stringify(good.traits) }),
  'a text under a name': JSON.stringify({ ...good, summary: { text: good.summary } }),
  'its last brace missing': json.slice(0, -1),
  'its last brace missing in a fence': `\`\`\`json\n${json.slice(0, -1)}\n\`\`\``,
  'an enumeration among other words': json.replace('"strong"', '"very strong"'),
  'another name for one text': json.replace('"summary"', '"overall_summary"'),
  'another name for one list': json.replace('"traits"', '"preferences"'),
  'another name inside an entry': json.replace('"trait"', '"preference"'),
  'entries under names': JSON.stringify({ ...good, traits: { 'trait 1': good.traits[0] } }),
  'evidence as a list of objects': json.replace('"P1"', '[{"item":"P1"}]'),
  'an enumeration in a list of one': json.replace('"strong"', '["strong"]'),
  'fields in braces of their own': `{"traits":${JSON.stringify(good.traits)}}\n{"summary":${JSON.stringify(good.summary)}}`,
  'fields in a list': JSON.stringify([{ summary: good.summary }, { traits: good.traits }]),
  'entries under their texts': JSON.stringify({
    ...good,
    traits: { 'oak and brass': { strength: 'strong', evidence: 'P1' } },
  }),
  'colons and commas of another script': json.replaceAll('":', '"：').replaceAll(',"', '，"'),
  'control and direction marks': json.replace('with', '\\u0000with\\u202e'),
};

describe('an answer is read, and what was mended is said, with', () => {
  test.each(Object.entries(same))('%s', (_name, text) => {
    expect(read(text)).toEqual({ ok: true, object: good, repairs: [expect.any(String), ...more(text)] });
  });

  /** As many more remarks as there are. */
  function more(text: string): unknown[] {
    const answer = read(text);
    return answer.ok ? answer.repairs.slice(1) : [];
  }
});

test('an object of texts and enumerations is a list of entries', () => {
  const answer = read(JSON.stringify({ ...good, traits: { 'oak and brass': 'strong', plain: 'Weak' } }));
  expect(answer).toMatchObject({
    ok: true,
    object: {
      traits: [
        { trait: 'oak and brass', strength: 'strong', evidence: '' },
        { trait: 'plain', strength: 'weak', evidence: '' },
      ],
    },
  });
});

test('an answer as asked needs no repair', () => {
  for (const text of [`\n${json}\n`, `\ufeff${json}`, `\u00a0${json}\u00a0`]) {
    expect(read(text)).toEqual({ ok: true, object: good, repairs: [] });
  }
});

test('more traits than asked are left out, and a text that is too long ends with a whole sentence', () => {
  const traits = Array.from({ length: 7 }, (_, n) => ({ ...good.traits[0], trait: `trait ${n}` }));
  const summary = `${'Likes oak with brass for shelves and desks. '.repeat(1)}${'And more and more words that do not end '.repeat(2)}`;
  const answer = read(JSON.stringify({ traits, summary }));
  expect(answer).toMatchObject({ ok: true, object: { summary: 'Likes oak with brass for shelves and desks.' } });
  expect(answer.ok && answer.object.traits.map(({ trait }) => trait)).toEqual(['trait 0', 'trait 1', 'trait 2']);
});

test.each([
  ['nothing', '', 'it was empty'],
  ['prose', 'I cannot help with that.', 'not one valid JSON value'],
  ['a refusal', "I'm sorry, but I can't help with identifying people in images.", 'a refusal in words'],
  ['another refusal', 'As an AI, I do not rank people.', 'a refusal in words'],
  ['marks', '!'.repeat(400), 'not one valid JSON value'],
  ['a cut text', json.slice(0, Math.floor(json.length * 0.7)), 'cut off'],
  ['two different answers', `${json}\n${json.replace('oak', 'pine')}`, 'several different answers'],
  ['the schema instead of an answer', JSON.stringify(jsonSchemaOf(schema)), 'at '],
  ['no traits', JSON.stringify({ ...good, traits: [] }), 'at traits'],
  ['traits without what they are', JSON.stringify({ ...good, traits: ['oak'] }), 'at traits.0'],
  ['an empty summary', JSON.stringify({ ...good, summary: ' \u0000 ' }), 'at summary'],
  ['an enumeration that is denied', json.replace('"strong"', '"not strong"'), 'at traits.0.strength'],
  ['two enumerations in one', json.replace('"strong"', '"weak to strong"'), 'at traits.0.strength'],
  [
    'another name for a text, twice',
    json.replace('"summary":', '"first":"words and more words","second":'),
    'at summary',
  ],
  [
    'fields in braces of their own, one of them twice',
    `{"traits":[]}\n{"summary":"a draft of it"}\n{"summary":"words"}`,
    'expected object',
  ],
  ['quotes that end a text too early', json.replaceAll('\\"', '"'), 'not one valid JSON value'],
  ['brackets without end', '{['.repeat(30_000), 'cut off'],
])('%s is refused, and the model is told why', (_name, text, problem) => {
  expect(read(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
});

test('texts that are bounded are asked for with a beginning, within their length', () => {
  const bounded = z.strictObject({
    summary: z
      .string()
      .max(90)
      .regex(/^[^<>]{10,90}$/),
    changes: z.string().max(30),
  });
  const { properties } = jsonSchemaOf({ name: 'n', strict: bounded, begins: ['It is', 'Made'] }) as {
    properties: Record<string, { pattern?: string }>;
  };
  const pattern = new RegExp(properties.summary.pattern ?? '');
  const texts = ['It is a mug of clay.', 'Made of clay by hand.', 'A mug of clay by hand.', `It is ${'a'.repeat(90)}`];
  expect(texts.map((text) => pattern.test(text))).toEqual([true, true, false, false]);
  expect(properties.changes.pattern).toBeUndefined();
  expect(jsonSchemaOf({ name: 'n', strict: bounded })).toEqual(
    jsonSchemaOf({ name: 'n', strict: bounded, begins: [] }),
  );
});

test('what says nothing is refused although it has the form', () => {
  const empty = {
    ...schema,
    content: ({ summary }: { summary: string }) => (summary.includes('{') ? 'it says nothing' : null),
  };
  expect(readAnswer(json, 'stop', empty).ok).toBe(true);
  expect(readAnswer(json.replace('oak', '{oak}').replace('Likes oak', 'Likes {oak}'), 'stop', empty)).toEqual({
    ok: false,
    problem: 'it says nothing',
  });
});

describe('candidates are known', () => {
  test.each([
    ['as numbers', '{"chosen":[12,2]}'],
    ['in lower case', '{"chosen":["c12"," c2 "]}'],
    ['as objects', '{"chosen":[{"rank":1,"id":"C12"},{"rank":2,"id":"C2"}]}'],
    ['as objects of numbers', '{"chosen":[{"candidate":12},{"candidate":2}]}'],
    ['as one text', '{"chosen":"C12 > C2"}'],
    ['as one text of numbers', '{"chosen":"12, 2"}'],
    ['with their titles', '{"chosen":["C12: a mug","C2 (a bowl)"]}'],
    ['with words before', '{"chosen":["candidate 12","Item #2"]}'],
    ['as one text of numbered lines', '{"chosen":"1. C12\\n2. C2"}'],
    ['as one text of numbered numbers', '{"chosen":"1. 12\\n2. 2"}'],
    ['by place', '{"chosen":{"2":"C2","1":"C12"}}'],
    ['with places', '{"chosen":{"C2":2,"C12":1}}'],
    ['with zeros before', '{"chosen":["C012","C02"]}'],
    ['in a list in a list', '{"chosen":[["C12","C2"]]}'],
    ['without a key', '["C12","C2"]'],
    ['under another key', '{"selected_candidates":["C12","C2"]}'],
    ['with titles behind blanks', '{"chosen":["C12 a mug","C2 a bowl"]}'],
    ['with what they are before', '{"chosen":["candidate C12","id: C2"]}'],
    ['with reasons that name others', '{"chosen":[{"id":"C12","why":"like C2"},{"id":"C2","why":"fits"}]}'],
    ['as keys', '{"chosen":[{"C12":"a mug"},{"C2":"a bowl"}]}'],
    ['as keys of one object', '{"chosen":{"C12":"a mug","C2":"a bowl"}}'],
    ['as what is true', '{"chosen":{"C12":true,"C1":false,"C2":true}}'],
    ['among repetitions and surplus', '{"chosen":["C12","C12","C2","C3"]}'],
  ])('%s', (_name, text) => {
    expect(readAnswer(text, 'stop', choice)).toMatchObject({ ok: true, object: { chosen: ['C12', 'C2'] } });
  });

  test('counted from 0 nobody knows which is meant', () => {
    expect(readAnswer('{"chosen":[0,1]}', 'stop', choice).ok).toBe(false);
  });

  test('names that stand for nothing are asked again, and left to the caller in the end', () => {
    expect(readAnswer('{"chosen":["C99","c2"]}', 'stop', choice).ok).toBe(false);
    expect(readLenient('```{"chosen":["C99","c2"]}', choice)).toEqual({ object: { chosen: ['C99', 'C2'] } });
  });
});
