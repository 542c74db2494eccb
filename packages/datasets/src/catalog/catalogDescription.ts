import { leastInteractions, mostConsidered } from './catalogInteractions.js';
import { type CatalogSettings, catalogVersion } from './catalogOptions.js';
import { statedShare } from './catalogText.js';
import { pull } from './catalogTraits.js';
import { brands, categories, colours, materials, patterns, priceTiers } from './catalogVocabulary.js';

/** How a catalog was drawn, as Markdown for whoever reads results on it. The numbers are those the generator uses. */
export function describeCatalog(
  settings: CatalogSettings,
  { interactions, coldItems }: { readonly interactions: number; readonly coldItems: number },
): string {
  return [
    '# A synthetic catalog',
    `Everything here was drawn from seed ${settings.seed} by version ${catalogVersion} of the generator; equal options give equal ` +
      `bytes. ${settings.users} users, ${settings.items} items, ${interactions} interactions ` +
      `(${((100 * interactions) / (settings.users * settings.items)).toFixed(3)} % of all pairs).`,
    '## Options',
    table(Object.entries(settings).map(([name, value]) => [`\`${name}\``, String(value)])),
    '## Items',
    itemsPart(settings),
    '## Users and their choices',
    choicesPart(settings),
    '## Split',
    splitPart(settings, coldItems),
    '## Files',
    '`interactions.tsv`, `items.jsonl` and `images/` are the data. `traits.jsonl` holds what the items are and what the users look ' +
      'for: no reader of data opens it, it is there to judge what was learned.',
    '',
  ].join('\n\n');
}

function itemsPart({ textSignal, imageSignal, imageSize }: CatalogSettings): string {
  const share = (name: keyof typeof statedShare) => `${name} ${percent(statedShare[name])}`;
  return [
    `An item has one of ${Object.keys(categories).length} categories, ${brands.length} brands, ${materials.length} materials ` +
      `(those that suit the category), ${Object.keys(colours).length} colours, ${patterns.length} patterns and ${priceTiers.length} ` +
      'price tiers, each drawn evenly, and a popularity, standard normal.',
    `Its words name the category always and the other traits now and then: ${(
      Object.keys(statedShare) as (keyof typeof statedShare)[]
    )
      .map(share)
      .join(', ')}. The rest of a description is filler, and up to two sentences name traits of something else.`,
    imageSize === 0
      ? 'There are no images.'
      : `Its image, ${imageSize} x ${imageSize} pixels, shows the silhouette of the category in the item's colour and pattern with ` +
        'light and shade, before a backdrop of another colour; size, place, angle and light vary.',
    `Words describe the item itself for ${percent(textSignal)} of the items, images show the item itself for ` +
      `${percent(imageSignal)}; the others describe or show an item drawn at random.`,
  ].join('\n\n');
}

function choicesPart({ interactionsPerUser, activitySpread, noise, popularity }: CatalogSettings): string {
  const { category, brand, material, price, colour, pattern, pair } = pull;
  const count =
    activitySpread === 0
      ? `between ${interactionsPerUser - 2} and ${interactionsPerUser + 2} items`
      : `a log-normal number of items of mean ${interactionsPerUser} and sigma ${activitySpread}`;
  return [
    'A user likes 4 categories, 3 brands, 2 materials, 2 colours, 1 pattern and 1 price tier, and has an eye e between 0.3 and 0.7: ' +
      'the share of attention on looks. An item attracts by the sum of what it meets:',
    `\`${category} category + 2 e (${colour} colour + ${pattern} pattern) + 2 (1 - e) (${brand} brand + ${material} material + ` +
      `${price} price) + ${pair} colour and brand + ${popularity} popularity + ${noise} g\``,
    'where g is Gumbel noise, drawn for each user and item: taking the items of the largest sum draws without replacement in ' +
      `proportion to the exponential of attraction over noise. A user looks at ${mostConsidered} items at most and takes ${count}, ` +
      `at least ${leastInteractions}.`,
  ].join('\n\n');
}

function splitPart({ coldItems: share }: CatalogSettings, coldItems: number): string {
  if (share === 0) return 'The catalog comes without a split and without times; whoever loads it draws one.';
  return (
    `${coldItems} items (${percent(share)}) are new: half of them stand in validation only, half in test only (\`x_label\` 1 and 2). ` +
    'All other interactions are split by user as MMRec does.'
  );
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

function table(rows: readonly (readonly string[])[]): string {
  return ['| option | value |', '| --- | --- |', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}
