import { basename, join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { readNumberedId, readRating, readTime } from '../files/fieldValues.js';
import { readTable } from '../files/table.js';
import { IdNumbering } from './idNumbering.js';
import { InteractionRows } from './interactionRows.js';
import { emptyContent } from './itemFacts.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';

/**
 * MovieLens as GroupLens distributes it since 2015: `ratings.csv` (userId, movieId, rating, timestamp) and `movies.csv`
 * (movieId, title, genres joined by `|`). Every rating is an interaction, whatever its value (`minRating` filters).
 */
export const movieLensFormat: DatasetFormat = {
  name: 'movielens',
  knownBy: 'ratings.csv and movies.csv',
  matches: (fileNames) => fileNames.includes('ratings.csv') && fileNames.includes('movies.csv'),
  // The distribution holds none, which the report says all the same.
  missing: () => ['descriptions and images, which MovieLens comes without'],
  read: readFolder,
};

async function readFolder(folder: string): Promise<RawDataset> {
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  const shape = { delimiter: 'comma', required: ['userId', 'movieId', 'rating'], optional: ['timestamp'] } as const;
  await readTable(join(folder, 'ratings.csv'), shape, (row) => {
    const [user, item] = [readNumberedId(row, 'userId'), readNumberedId(row, 'movieId')];
    const time = row.field('timestamp') === undefined ? undefined : readTime(row, 'timestamp');
    rows.add(users.numberOf(user), items.numberOf(item), readRating(row, 'rating'), time);
  });
  const { content, remarks } = await readMovies(join(folder, 'movies.csv'), items);
  return {
    format: 'movielens',
    name: basename(folder),
    userIds: users.ids,
    itemIds: items.ids,
    ...rows.take(),
    content,
    features: [],
    keepsAllIds: false,
    defaultKCore: 5,
    remarks,
  };
}

async function readMovies(path: string, items: IdNumbering): Promise<{ content: ItemContent[]; remarks: string[] }> {
  const content: ItemContent[] = items.ids.map(() => emptyContent);
  const described = new Set<string>();
  let unrated = 0;
  const shape = { delimiter: 'comma', required: ['movieId', 'title', 'genres'], optional: [] } as const;
  await readTable(path, shape, (row) => {
    const id = readNumberedId(row, 'movieId');
    const item = items.find(id);
    if (item === undefined) {
      unrated++;
      return;
    }
    if (described.has(id)) {
      throw new AmrError({
        what: `${row.where}, movieId`,
        got: `movie ${id} again`,
        expected: 'each movie once',
        hint: 'remove one of the two rows',
      });
    }
    described.add(id);
    const genres = row.field('genres') ?? '';
    content[item] = {
      ...emptyContent,
      title: (row.field('title') ?? '').trim(),
      categories: genres === '(no genres listed)' ? [] : genres.split('|').filter((genre) => genre !== ''),
    };
  });
  const remarks: string[] = [];
  if (unrated > 0) remarks.push(`${unrated} movies without a rating are left out`);
  const undescribed = items.ids.length - described.size;
  if (undescribed > 0) remarks.push(`${undescribed} rated movies are not in movies.csv and have no text`);
  return { content, remarks };
}
