/** The invented world of the synthetic catalog. Words are ordinary so that any text model knows them; brands do not exist. */

export const colours = {
  red: [200, 32, 38],
  orange: [238, 122, 20],
  yellow: [244, 208, 36],
  green: [46, 138, 56],
  teal: [18, 134, 138],
  blue: [38, 92, 204],
  purple: [122, 52, 158],
  pink: [242, 128, 176],
  brown: [120, 70, 34],
  black: [28, 28, 30],
  white: [246, 246, 242],
  grey: [134, 136, 140],
} as const satisfies Record<string, readonly [number, number, number]>;
export type CatalogColour = keyof typeof colours;

export const patterns = ['plain', 'striped', 'dotted', 'checked'] as const;
export type CatalogPattern = (typeof patterns)[number];

export const priceTiers = ['budget', 'standard', 'premium'] as const;
export type PriceTier = (typeof priceTiers)[number];

export const brands = [
  'Alderwick',
  'Brightmoor',
  'Casa Lunet',
  'Dunmarrow',
  'Elmstead',
  'Fjordane',
  'Gallowhay',
  'Hartvale',
  'Ironbeck',
  'Juniper Row',
  'Kestrelby',
  'Lindqvale',
  'Marlowe Finch',
  'Northgill',
  'Oxbridle',
  'Pellworth',
] as const;

/** What a category is called, where it stands in the taxonomy, what it can be made of. */
export interface Category {
  readonly path: readonly string[];
  readonly nouns: readonly string[];
  readonly materials: readonly string[];
}

const firm = ['ceramic', 'steel', 'glass', 'bamboo', 'walnut'];
const soft = ['cotton', 'linen', 'wool', 'leather', 'felt'];

export const categories = {
  mug: { path: ['Home', 'Kitchen', 'Mugs'], nouns: ['mug', 'cup', 'tumbler'], materials: firm },
  bottle: { path: ['Home', 'Kitchen', 'Bottles'], nouns: ['bottle', 'carafe', 'flask'], materials: firm },
  tray: { path: ['Home', 'Kitchen', 'Trays'], nouns: ['tray', 'platter', 'board'], materials: firm },
  lamp: { path: ['Home', 'Living', 'Lamps'], nouns: ['lamp', 'light', 'lantern'], materials: firm },
  vase: { path: ['Home', 'Living', 'Vases'], nouns: ['vase', 'jar', 'urn'], materials: firm },
  clock: { path: ['Home', 'Living', 'Clocks'], nouns: ['clock', 'timepiece', 'wall clock'], materials: firm },
  cushion: { path: ['Home', 'Living', 'Cushions'], nouns: ['cushion', 'pillow', 'bolster'], materials: soft },
  shirt: { path: ['Wear', 'Clothing', 'Shirts'], nouns: ['shirt', 'top', 'blouse'], materials: soft },
  hat: { path: ['Wear', 'Accessories', 'Hats'], nouns: ['hat', 'cap', 'bonnet'], materials: soft },
  bag: { path: ['Wear', 'Accessories', 'Bags'], nouns: ['bag', 'backpack', 'tote'], materials: soft },
  wallet: { path: ['Wear', 'Accessories', 'Wallets'], nouns: ['wallet', 'purse', 'pouch'], materials: soft },
  notebook: { path: ['Work', 'Stationery', 'Notebooks'], nouns: ['notebook', 'journal', 'diary'], materials: soft },
} as const satisfies Record<string, Category>;
export type CatalogCategory = keyof typeof categories;

export const materials = [...firm, ...soft];

/** Words that say nothing about what was bought: titles and descriptions are full of them, as in real shops. */
export const fillerAdjectives = [
  'handy',
  'lovely',
  'new',
  'original',
  'compact',
  'versatile',
  'timeless',
  'practical',
  'sturdy',
  'elegant',
  'charming',
  'modern',
  'classic',
  'thoughtful',
  'popular',
  'essential',
  'cosy',
  'neat',
  'bold',
  'gentle',
] as const;

export const fillerTitleEndings = [
  'gift boxed',
  'size M',
  'one piece',
  'limited stock',
  'set of one',
  'model A4',
  'second edition',
  'for home and office',
  'free delivery',
  'best seller',
  'autumn range',
  'spring range',
] as const;

export const fillerSentences = [
  'Ships within two working days from our own warehouse.',
  'Returns are accepted for thirty days in the original box.',
  'Wipe clean with a damp cloth and leave to dry.',
  'A small leaflet with care advice is in the package.',
  'Winner of a readers choice award some years ago.',
  'Please measure your space before you order.',
  'Photographs are taken in daylight and may differ slightly from the real thing.',
  'Each order plants a tree in a managed forest.',
  'Designed by a small team and tested by their families.',
  'A perfect gift for birthdays, weddings and new homes.',
  'Our customer service answers every day of the week.',
  'Packed without plastic in recycled cardboard.',
  'Suitable for daily use and for special occasions.',
  'Light enough to carry and strong enough to last.',
  'Sign up for our letter and hear of new arrivals first.',
  'The dimensions are given in the table below the picture.',
  'Keep away from open fire and direct heat.',
  'Customers praise how quickly it arrived.',
  'Every piece is checked by hand before it leaves us.',
  'Combine several of them for a complete look.',
  'Gift wrapping can be chosen at the checkout.',
  'A two year warranty covers faults in the making.',
  'The box fits through most letter slots.',
  'Seen in several magazines this season.',
  'Part of a range that grows every year.',
  'Stock is limited, so order early.',
  'No assembly is needed.',
  'We offer a discount for orders of ten or more.',
  'Made in small batches by people who are paid fairly.',
  'Store in a dry place when it is not in use.',
  'The label can be removed without leaving a trace.',
  'A favourite of our regular customers.',
] as const;

/** Sentences that state a trait; `*` stands for its word. */
export const materialSentences = [
  'Made of * from start to finish.',
  'The body is *, chosen for its feel.',
  'We picked * because it ages well.',
  'Genuine * gives it weight.',
  'Crafted in * by hand.',
] as const;

export const colourSentences = [
  'Comes in *.',
  'The * tone catches the eye.',
  'Finished in a deep *.',
  'A fresh * version.',
] as const;

export const patternSentences = ['With a * surface.', 'The * design is our own.', 'Look for the * print.'] as const;

export const priceSentences = {
  budget: ['A budget choice that does the job.', 'Great value at a low price.', 'Affordable for every budget.'],
  standard: ['Fairly priced for what it offers.', 'A solid standard model.', 'Neither cheap nor expensive.'],
  premium: [
    'A premium piece from our signature line.',
    'Luxury finish, premium quality.',
    'Our exclusive premium edition.',
  ],
} as const satisfies Record<PriceTier, readonly string[]>;

/** Sentences that name traits of something else; `*` is a word that does not describe the item. */
export const distractingSentences = [
  'Pairs well with * things you have already.',
  'Also sold in *, see our other listings.',
  'Not to be confused with the * version.',
  'Looks good on a * background.',
] as const;
