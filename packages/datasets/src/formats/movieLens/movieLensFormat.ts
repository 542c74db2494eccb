import { basename, resolve } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { ItemContent } from '../../contract.js';
import type { TableRow } from '../../files/cells.js';
import { readNumberedId, readRating, readTime } from '../../files/fieldValues.js';
import type { FolderFiles } from '../folderFiles.js';
import { IdNumbering } from '../idNumbering.js';
import { InteractionRows } from '../interactionRows.js';
import { emptyContent } from '../itemFacts.js';
import { type DatasetFormat, type RawDataset, usualKCore } from '../rawDataset.js';
import { type MovieLensLayout, movieLensLayouts } from './movieLensLayouts.js';

/**
 * MovieLens as GroupLens distributes it: since 2015 `ratings.csv` and `movies.csv`, ml-1m and ml-10m as `ratings.dat` and
 * `movies.dat`, ml-100k as `u.data` and `u.item`. Every rating is an interaction, whatever its value (`minRating` filters).
 */
export const movieLensFormat: DatasetFormat = {
  name: 'movielens',
  knownBy: movieLensLayouts.map(({ ratings, movies }) => `${ratings} and ${movies}`).join(', or '),
  matches: (files) => layoutOf(files) !== undefined,
  // The distribution holds none, which the report says all the same.
  missing: () => ['descriptions and images, which MovieLens comes without'],
  read: readFolder,
};

function layoutOf(files: FolderFiles): MovieLensLayout | undefined {
  return movieLensLayouts.find(({ ratings, movies }) => files.has(ratings) && files.has(movies));
}

async function readFolder(files: FolderFiles): Promise<RawDataset> {
  const layout = layoutOf(files) ?? movieLensLayouts[0];
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  await layout.readRatings(files.path(layout.ratings), (row) => {
    const [user, item] = [readNumberedId(row, 'userId'), readNumberedId(row, 'movieId')];
    const time = row.field('timestamp') === undefined ? undefined : readTime(row, 'timestamp');
    rows.add(users.numberOf(user), items.numberOf(item), readRating(row, 'rating'), time);
  });
  const { content, remarks } = await readMovies(layout, files, items);
  return {
    format: 'movielens',
    name: basename(resolve(files.folder)),
    userIds: users.ids,
    itemIds: items.ids,
    ...rows.take(),
    content,
    features: [],
    keepsAllIds: false,
    defaultKCore: usualKCore,
    remarks,
  };
}

async function readMovies(
  { movies, readMovies: read }: MovieLensLayout,
  files: FolderFiles,
  items: IdNumbering,
): Promise<{ content: ItemContent[]; remarks: string[] }> {
  const content: ItemContent[] = items.ids.map(() => emptyContent);
  const described = new Set<string>();
  let unrated = 0;
  await read(files, (row, { title, categories }) => {
    const id = readNumberedId(row, 'movieId');
    const item = items.find(id);
    if (item === undefined) {
      unrated++;
      return;
    }
    if (described.has(id)) throw listedTwice(row, id);
    described.add(id);
    content[item] = { ...emptyContent, title, categories };
  });
  const remarks: string[] = [];
  if (unrated > 0) remarks.push(`${unrated} movies without a rating are left out`);
  const undescribed = items.ids.length - described.size;
  if (undescribed > 0) remarks.push(`${undescribed} rated movies are not in ${movies} and have no text`);
  return { content, remarks };
}

function listedTwice({ where }: TableRow, id: string): AmrError {
  return new AmrError({
    what: `${where}, movieId`,
    got: `movie ${id} again`,
    expected: 'each movie once',
    hint: 'remove one of the two rows',
  });
}
