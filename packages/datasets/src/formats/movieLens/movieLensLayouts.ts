import { AmrError, cleanText } from '@agentmmrec/core';
import { rowOf, type TableRow, wordsOf } from '../../files/cells.js';
import { forEachLine } from '../../files/lines.js';
import { readTable } from '../../files/table.js';
import type { FolderFiles } from '../folderFiles.js';

/** What is told of a movie. */
interface MovieWords {
  readonly title: string;
  /** its genres */
  readonly categories: readonly string[];
}

/** One way in which GroupLens has written MovieLens. */
export interface MovieLensLayout {
  /** file of the ratings, with `userId`, `movieId`, `rating` and `timestamp` */
  readonly ratings: string;
  readonly movies: string;
  readRatings(path: string, onRow: (row: TableRow) => void): Promise<void>;
  readMovies(files: FolderFiles, onMovie: (row: TableRow, words: MovieWords) => void): Promise<void>;
}

const ratingFields = ['userId', 'movieId', 'rating', 'timestamp'];
/** The flags of `u.item` in their order, as its README has them; `u.genre` says the same where it is there. */
const genresOf1998 = [
  'unknown',
  'Action',
  'Adventure',
  'Animation',
  "Children's",
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Fantasy',
  'Film-Noir',
  'Horror',
  'Musical',
  'Mystery',
  'Romance',
  'Sci-Fi',
  'Thriller',
  'War',
  'Western',
];
/** `movie id | title | release | video release | address`, then the flags. */
const fieldsBeforeGenres = 5;

const csv: MovieLensLayout = {
  ratings: 'ratings.csv',
  movies: 'movies.csv',
  async readRatings(path, onRow) {
    await readTable(path, { required: ['userId', 'movieId', 'rating'], optional: ['timestamp'] }, onRow);
  },
  async readMovies(files, onMovie) {
    await readTable(files.path('movies.csv'), { required: ['movieId', 'title', 'genres'], optional: [] }, (row) => {
      onMovie(row, { title: wordsOf(row.cell('title')).trim(), categories: genresOf(row.field('genres') ?? '') });
    });
  },
};

/** ml-1m and ml-10m: fields parted by two colons, in Latin-1. */
const dat: MovieLensLayout = {
  ratings: 'ratings.dat',
  movies: 'movies.dat',
  async readRatings(path, onRow) {
    await forEachRow(path, '::', ratingFields, 4, onRow);
  },
  async readMovies(files, onMovie) {
    await forEachRow(files.path('movies.dat'), '::', ['movieId', 'title', 'genres'], 3, (row) => {
      onMovie(row, { title: (row.field('title') ?? '').trim(), categories: genresOf(row.field('genres') ?? '') });
    });
  },
};

/** ml-100k: `u.data` parted by tabs, `u.item` by bars with a flag for each genre, in Latin-1. */
const hundredThousand: MovieLensLayout = {
  ratings: 'u.data',
  movies: 'u.item',
  async readRatings(path, onRow) {
    await forEachRow(path, '\t', ratingFields, 4, onRow);
  },
  async readMovies(files, onMovie) {
    const genres = files.has('u.genre') ? await readGenres(files.path('u.genre')) : genresOf1998;
    const fields = ['movieId', 'title'];
    await forEachRow(files.path('u.item'), '|', fields, fieldsBeforeGenres + 1, (row, values) => {
      const flags = values.slice(fieldsBeforeGenres);
      const own = genres.filter((genre, n) => flags[n] === '1' && genre !== 'unknown');
      onMovie(row, { title: (row.field('title') ?? '').trim(), categories: own });
    });
  },
};

export const movieLensLayouts: readonly MovieLensLayout[] = [csv, dat, hundredThousand];

function genresOf(text: string): string[] {
  if (text === '(no genres listed)') return [];
  return cleanText(text)
    .split('|')
    .filter((genre) => genre !== '');
}

/** `genre|number` a line. */
async function readGenres(path: string): Promise<string[]> {
  const genres: string[] = [];
  await forEachRow(path, '|', ['genre', 'number'], 2, (row) => {
    genres[Number(row.field('number'))] = row.field('genre') ?? '';
  });
  return genres;
}

/** Rows without a header and without quotes. @throws AmrError input: fewer fields than `least` */
async function forEachRow(
  path: string,
  delimiter: string,
  fields: readonly string[],
  least: number,
  onRow: (row: TableRow, values: readonly string[]) => void,
): Promise<void> {
  await forEachLine(
    path,
    (line, number) => {
      if (line.trim() === '') return;
      const values = cleanText(line).split(delimiter);
      const where = `${path} line ${number}`;
      if (values.length < least) throw cutShort(where, values.length, least);
      const row = rowOf(where, (column) => {
        const place = fields.indexOf(column);
        return place < 0 ? undefined : values[place];
      });
      onRow(row, values);
    },
    { encoding: 'latin-1 where not utf-8' },
  );
}

function cutShort(where: string, got: number, expected: number): AmrError {
  return new AmrError({
    what: where,
    got: `${got} fields`,
    expected: `at least ${expected}`,
    hint: 'the row is damaged or cut short; repair or remove it',
  });
}
