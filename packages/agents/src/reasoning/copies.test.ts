import { describe, expect, test } from '@jest/globals';
import { debrisOf, isTrait } from './debris.js';

const instructions =
  'You write about one product for people who compare products. "summary" is two or three whole sentences in your own words that ' +
  'say what the product is, what matters about it and who would like it.';
const shown = [
  'The product:',
  '> Gallowhay cosy mug; made by Gallowhay; found under Home, Kitchen, Mugs; described as The body is steel, chosen for its feel. Designed by a small team and tested by their families. Wipe clean with a damp cloth and leave to dry. Looks good on a purple background. Stock is limited, so order early.',
  'Other products that the same people bought, one a line:',
  '> Original hat, for home and office; made by Pellworth; found under Wear, Accessories, Hats; described as The box fits through most letter slots. Genuine cotton gives it weight.',
  '> Marlowe Finch classic vase; made by Marlowe Finch; found under Home, Living, Vases; described as Light enough to carry and strong enough to last. With a striped surface.',
].join('\n');

describe('a copy is refused, whichever kind it is:', () => {
  test.each<[string, string]>([
    [
      'sentences as they stand',
      'The body is steel, chosen for its feel. Designed by a small team and tested by their families.',
    ],
    [
      'sentences of several rows, in another order',
      'Genuine cotton gives it weight. Looks good on a purple background. Light enough to carry and strong enough to last.',
    ],
    [
      'sentences with a word changed in each',
      'The body is iron, chosen for its feel. Designed by a large team and tested by their families. Wipe dry with a damp cloth and leave to dry.',
    ],
    [
      'sentences joined to one',
      'The body is steel and chosen for its feel, and it was designed by a small team and tested by their families.',
    ],
    ['a row without its marks', 'Gallowhay cosy mug, made by Gallowhay, found under Home, Kitchen, Mugs.'],
    [
      'a row with a beginning of its own',
      'This is the Gallowhay cosy mug made by Gallowhay found under Home, Kitchen, Mugs.',
    ],
    ['titles in a list', 'Gallowhay cosy mug, Marlowe Finch classic vase, and Original hat, for home and office.'],
    [
      'titles after a word',
      'Likes Gallowhay cosy mug, Marlowe Finch classic vase and Original hat, for home and office.',
    ],
    ['the instructions', 'What the product is, what matters about it and who would like it, in whole sentences.'],
    [
      'half of one and half of the other',
      'It says what the product is and what matters about it and that stock is limited so order early, always with a striped surface.',
    ],
    ['data in capitals', 'THE BODY IS STEEL, CHOSEN FOR ITS FEEL. WIPE CLEAN WITH A DAMP CLOTH AND LEAVE TO DRY.'],
    [
      'the lines under each other',
      'Wear, Accessories, Hats\nThe box fits through most letter slots.\nGenuine cotton gives it weight.',
    ],
  ])('%s', (_name, text) => {
    expect(debrisOf(text, { instructions, shown })).toMatch(/^it (?:repeats|has marks)/);
  });
});

describe('an honest text in words of the data says something:', () => {
  test.each<[string, string]>([
    ['a short one', 'A cosy steel mug by Gallowhay for the kitchen.'],
    [
      'facts in sentences of its own',
      'A steel mug that was tried out at home by the small team behind it. It wants no more than a damp cloth, and suits people who like a cosy kitchen.',
    ],
    [
      'one sentence as it stands among others',
      'A mug of steel for everyday drinks at home. The body is steel, chosen for its feel, and care is simple. It goes well with purple things and is likely to please those who buy from small makers.',
    ],
    [
      'the whole title in a sentence',
      'Gallowhay cosy mug in steel, made by a small team; it is easy to wipe and looks at home in a kitchen.',
    ],
    [
      'two titles named in a sentence about more',
      'Prefers plain, sturdy things for the house: the Gallowhay cosy mug in steel and the Marlowe Finch classic vase share calm shapes, and light goods that last come up again.',
    ],
    [
      'what the data says in other words',
      'Carries easily and lasts; striped, for flowers in a living room, by Marlowe Finch.',
    ],
    [
      'a likely use, said as such',
      'Likely a present for someone who works between home and office and wears cotton hats without fuss.',
    ],
    [
      'another language',
      'Ein gemütlicher Becher aus Stahl von Gallowhay, leicht sauber zu halten und für die Küche gedacht.',
    ],
  ])('%s', (_name, text) => {
    expect(debrisOf(text, { instructions, shown })).toBeNull();
  });
});

test('a description that is told anew may keep its own words, and not those of the products', () => {
  const kept = 'Likes steel and cotton things of small makers that are easy to wipe clean.';
  const asked = { instructions, shown: `> text ${kept}\n${shown}`, kept };
  expect(debrisOf(`${kept} Striped surfaces please too.`, asked)).toBeNull();
  expect(debrisOf(kept, { instructions, shown: asked.shown })).toContain('repeats the data');
  expect(debrisOf('Genuine cotton gives it weight. Looks good on a purple background.', asked)).toContain('repeats');
});

test('a trait may be words of the data, and no whole title', () => {
  const refused = [
    'Marlowe Finch classic vase',
    'The product is Gallowhay cosy mug',
    'A product is Original hat, for home and office',
  ];
  expect(refused.filter((one) => isTrait(one, { instructions, shown }))).toEqual([]);
  const taken = [
    'cosy steel mug',
    'damp cloth',
    'striped surface',
    'Marlowe Finch',
    'classic vase',
    'made by small teams',
  ];
  expect(taken.filter((one) => !isTrait(one, { instructions, shown }))).toEqual([]);
});

describe('what says nothing in the form of an answer is refused:', () => {
  test.each<[string, string]>([
    ["I'm sorry, but I can't help with identifying people in images.", 'a refusal in words'],
    ['I cannot determine what the product looks like without a picture.', 'a refusal in words'],
    ['As an AI language model, I do not have preferences about mugs.', 'a refusal in words'],
    ['Unfortunately, no data was given about this product.', 'a refusal in words'],
    ['No information is available about this product.', 'nothing is known'],
    ['There is not enough information to describe the shopper.', 'nothing is known'],
  ])('%s', (text, problem) => {
    expect(debrisOf(text)).toContain(problem);
  });

  test('and what begins alike and goes on is not', () => {
    for (const text of [
      'No description is given, but the title tells of a walnut table with brass legs, likely for small rooms and people who like plain furniture, in the manner of the fifties.',
      'No assembly is needed for this plain steel shelf.',
      'Sorrel green linen for summer tables.',
    ])
      expect(debrisOf(text)).toBeNull();
  });

  test('traits that are filled in with nothing are none', () => {
    const nothing = ['N/A', 'none', 'Unknown', 'not specified', 'no information available', 'string'];
    expect(nothing.filter((one) => isTrait(one))).toEqual([]);
    expect(['no frills', 'unknown makers', 'string lights'].filter((one) => !isTrait(one))).toEqual([]);
  });
});
