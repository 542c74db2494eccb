import { integer, type OptionValues, real } from '@agentmmrec/core';
import { pull } from './catalogTraits.js';

/** Raised when the same seed gives another catalog. */
export const catalogVersion = 3;

/** How a synthetic catalog is drawn. */
export const catalogOptions = {
  users: integer(600, { min: 1, max: 1_000_000, help: 'number of users' }),
  items: integer(400, { min: 20, max: 1_000_000, help: 'number of items' }),
  interactionsPerUser: integer(9, { min: 5, max: 1000, help: 'mean number of interactions of a user: the sparsity' }),
  activitySpread: real(0, {
    min: 0,
    max: 2,
    help: 'how unequal users are: 0 = within two of the mean; else sigma of a log-normal number, at least 5',
  }),
  popularity: real(pull.popularity, {
    min: 0,
    max: 10,
    help: 'how strongly popularity with everyone pulls; larger = a longer tail of rare items',
  }),
  noise: real(1, { min: 0, max: 100, help: 'size of the random part of a choice; 0 = taste alone decides' }),
  textSignal: real(1, {
    min: 0,
    max: 1,
    help: 'share of items whose words describe them; the others get words of another item',
  }),
  imageSignal: real(1, { min: 0, max: 1, help: 'share of items whose image shows them; the others show another item' }),
  coldItems: real(0, {
    min: 0,
    max: 0.5,
    help: 'share of items that are new: held out of training; the file then comes with its split',
  }),
  imageSize: integer(96, { min: 0, max: 1024, help: 'width and height of the images in pixels; 0 = no images' }),
  seed: integer(1, { help: 'everything is drawn from it' }),
} as const;

export type CatalogSettings = OptionValues<typeof catalogOptions>;
