import { describe, expect, test } from '@jest/globals';
import { debrisOf, groundingOf, isTrait } from './debris.js';

const instructions =
  'You are a product analyst. Describe one product so that it can be matched with shoppers. Stated facts first, inferences ' +
  'marked as likely, no advertising. Products bought by the same people, one a line: BEGIN DATA others END DATA';

describe('debris', () => {
  test.each([
    ['a brace', 'A mug {of stoneware} in muted blue for days outside.'],
    ['a template mark', '{{description}}, no need to add it here'],
    ['a mark of the prompt', 'BEGIN DATA others and what stands below it'],
    ['a chat mark', '<|im_end|> The mug is blue and made of stoneware'],
    ['a field name', 'properties": the mug is blue and made of clay'],
    ['a row of data', 'A mug; made by Northgill; found under Home, Kitchen; made for days outside.'],
    ['a row of data with its name', 'P1 is Northgill mug of blue stoneware for days outside.'],
    ['a row without its name', 'A product is Northgill mug; made by Northgill.'],
    ['a list of local names', 'P1 and P2 are mugs of blue stoneware, and P3 is a bowl.'],
    ['dots', '...'],
    ['one word', 'Stoneware'],
    ['a title without a sentence', 'Blue camping mug'],
    ['one word again and again', 'mug mug mug mug mug mug mug mug mug mug mug mug'],
    [
      'one sentence again and again',
      'The mug is made of blue clay. The mug is made of blue clay. The mug is made of blue clay. The mug is made of blue clay.',
    ],
    ['the instructions', 'Stated facts first, inferences marked as likely, no advertising.'],
    ['the instructions with a word changed', 'Describe one product so that it can be matched with people.'],
  ])('%s is refused', (_name, text) => {
    expect(debrisOf(text, { instructions })).not.toBeNull();
  });

  test.each([
    ['a short sentence', 'A blue stoneware mug for camping.'],
    [
      'a long text',
      'A mug of stoneware in muted blue that stacks well. It suits days outside and small kitchens, is likely sturdy, and pairs with plain bowls of the same maker rather than with patterned ones.',
    ],
    ['another script', '喜欢核桃木和亚麻的用户喜欢朴素的家具'],
    ['another language', 'Eine schlichte Tasse aus Steingut für draußen und für kleine Küchen.'],
    ['two local names', 'A blue stoneware mug that, like P1 and P2, suits days outside.'],
    ['a sentence about brands', 'Known brands and plain titles; a description in few words suits.'],
    ['marks of measures', 'A 12" shelf (30 cm), price < 20 and > 5, in oak & brass.'],
  ])('%s says something', (_name, text) => {
    expect(debrisOf(text, { instructions })).toBeNull();
  });

  const shown =
    'Product T1:\n> T1 is Northgill mug; made by Northgill; described as A two year warranty covers faults in the making. The body is stoneware, chosen for its feel, and the box fits through most letter slots.';
  test.each([
    ['a whole copy', 'A two year warranty covers faults in the making. The body is stoneware, chosen for its feel.'],
    [
      'a copy with other marks',
      'The body is stoneware (chosen for its feel) and the box fits through most letter slots!',
    ],
  ])('%s of what was shown is refused where words of its own are asked for', (_name, text) => {
    expect(debrisOf(text, { instructions, shown })).toContain('repeats the data');
    expect(debrisOf(text, { instructions })).toBeNull();
  });

  test('words that were shown may stand in a sentence of its own', () => {
    const own =
      'A stoneware mug with a two year warranty that covers faults, sent in a box that fits through most letter slots.';
    expect(debrisOf(own, { instructions, shown })).toBeNull();
  });

  test('traits may be short, but not marks, signs or the prompt', () => {
    expect(['matt glaze', 'USB-C', '木的'].map((one) => isTrait(one, { instructions }))).toEqual([true, true, true]);
    const forms = [
      'title',
      'Brand',
      'branded_label',
      'category_name',
      'product name',
      'The shopper',
      'The product T1',
      'an item',
      'T1',
      'Shopper U1',
    ];
    expect(forms.filter((one) => isTrait(one, { instructions }))).toEqual([]);
    const words = [
      'brand new',
      'style of the sixties',
      'material that breathes',
      'known brand',
      'wool',
      'function room',
    ];
    expect(words.filter((one) => !isTrait(one, { instructions }))).toEqual([]);
    const none = ['BEGIN DATA', '{trait}', '...', '12', 'inferences marked as likely'];
    expect(none.map((one) => isTrait(one, { instructions }))).toEqual(none.map(() => false));
  });
});

test('names and numbers are counted once, and those that were shown among them', () => {
  const shown = '{"title":"Northgill mug, 350 ml","brand":"Northgill"}';
  expect(groundingOf('A mug by Northgill of 350 ml. Northgill made it.', shown)).toEqual({ claims: 2, grounded: 2 });
  expect(groundingOf('A mug by Pellworth of 350 ml for 19.99.', shown)).toEqual({ claims: 3, grounded: 1 });
  expect(groundingOf('Plain and sturdy. Made for days outside.', shown)).toEqual({ claims: 0, grounded: 0 });
});
