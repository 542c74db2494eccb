import { AmrError, nearestName, withoutMarks } from '@agentmmrec/core';
import { columnNames, vagueNames } from './columnNames.js';

/** What a reader wants of a table. */
export interface TableShape {
  /** columns that must be there */
  readonly required: readonly string[];
  /** columns that are read when there */
  readonly optional: readonly string[];
  /** columns that are read when there under one of their other names, never missed, and listed among those that are not used */
  readonly aside?: readonly string[];
  /** other names of these columns (see `columnNames`), looked for where the column's own name is absent */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** what the caller says */
  readonly chosen?: ColumnChoice | undefined;
  /** records say their own names and need not have all of them */
  readonly sparse?: boolean;
}

/** Columns by our names, each with the name the file gives it; null leaves the column out. */
export type ColumnChoice = Readonly<Record<string, string | null>>;

/** Every column a choice can name. */
const choosable = [
  ...['user', 'item', 'rating', 'timestamp', 'x_label'],
  ...['id', 'title', 'brand', 'categories', 'description', 'image'],
];

/** Reads a choice as a command line has it: `user=customer,item=2,timestamp=`. @throws AmrError input */
export function readColumnChoice(text: string): ColumnChoice {
  const choice: Record<string, string | null> = Object.create(null);
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at < 0 || !choosable.includes(name)) throw unknownColumn(at < 0 ? part : name);
    choice[name] = part.slice(at + 1).trim() || null;
  }
  return choice;
}

/** @throws AmrError input: a name that is not one of ours */
export function checkColumnChoice(choice: ColumnChoice | undefined): void {
  const unknown = Object.keys(choice ?? {}).find((name) => !choosable.includes(name));
  if (unknown !== undefined) throw unknownColumn(unknown);
}

function unknownColumn(name: string): AmrError {
  const near = nearestName(name, choosable);
  return new AmrError({
    what: 'option columns',
    got: JSON.stringify(name),
    expected: `OUR_NAME=NAME_IN_THE_FILE, ours among ${choosable.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'for example --columns user=customer,title=label',
  });
}

/** Which columns of a file are read as what. */
export interface ChosenColumns {
  /** place of each column that is there */
  readonly places: ReadonlyMap<string, number>;
  /** names of the columns that are not used */
  readonly others: readonly string[];
}

/** Since 2023 the variants of a product share the parent's id: there it is the item. */
const finer = new Map([['parentasin', 'asin']]);

/** Finds the wanted columns. @throws AmrError input: one that is missing or doubled, or a misspelling of one */
export function chooseColumns(where: string, own: readonly string[], shape: TableShape): ChosenColumns {
  const places = new Map<string, number>();
  const wanted = [...shape.required, ...shape.optional];
  for (const column of wanted) {
    const name = shape.chosen?.[column];
    if (name === undefined || name === null) continue;
    const place = own.indexOf(name);
    if (place >= 0) places.set(column, place);
    else if (!shape.sparse) throw missingColumn(where, column, own, shape);
  }
  const free = own.map((_, place) => ![...places.values()].includes(place));
  for (const column of wanted) {
    if (shape.chosen?.[column] !== undefined) continue;
    const place = findColumn(where, own, column, shape, free);
    if (place === undefined) continue;
    places.set(column, place);
    free[place] = false;
  }
  const others = own.filter((_, place) => free[place]);
  for (const column of shape.aside ?? []) {
    const place = findColumn(where, own, column, shape, free);
    if (place !== undefined) places.set(column, place);
  }
  for (const column of shape.required) if (!places.has(column)) throw missingColumn(where, column, own, shape);
  for (const other of others) {
    const near = nearestName(other, wanted);
    // Short names are near to too many.
    if (near !== undefined && other.length > 4 && !places.has(near) && shape.chosen?.[near] === undefined) {
      throw missingColumn(where, near, own, shape);
    }
  }
  return { places, others };
}

/** The column's own name, as it stands or spelled otherwise; else the first of its other names. */
function findColumn(
  where: string,
  own: readonly string[],
  column: string,
  { required, names = {} }: TableShape,
  free: readonly boolean[],
): number | undefined {
  const placesOf = (name: string) => own.flatMap((found, n) => (free[n] && plain(found) === plain(name) ? [n] : []));
  const exact = own.flatMap((found, n) => (free[n] && found === column ? [n] : []));
  const mine = exact.length > 0 ? exact : column in names ? placesOf(column) : [];
  if (mine.length > 1)
    throw doubledColumn(
      where,
      column,
      mine.map((n) => own[n]),
    );
  if (mine.length === 1) return mine[0];
  const found = (names[column] ?? []).flatMap((name) => placesOf(name));
  // Which of two ids is meant decides what the data says; of other columns the first of the list is as good as any.
  const rivals = found.slice(1).filter((n) => rivalOf(plain(own[found[0]]), plain(own[n])));
  if (required.includes(column) && rivals.length > 0) {
    throw doubledColumn(
      where,
      column,
      [found[0], ...rivals].map((n) => own[n]),
    );
  }
  return found.at(0);
}

/** Whether a file's column goes by one of the names of ours. */
export function isNameOf(column: keyof typeof columnNames, own: string): boolean {
  return columnNames[column].some((name) => plain(name) === plain(own));
}

/** Whether a further column might as well be the one that is meant. */
function rivalOf(first: string, further: string): boolean {
  return finer.get(first) !== further && (vagueNames.has(first) || !vagueNames.has(further));
}

/** A name as it is compared; the types that RecBole writes behind it say nothing. */
function plain(name: string): string {
  return withoutMarks(name)
    .replace(/:(token|token_seq|float|float_seq)$/, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

export function missingColumn(
  where: string,
  name: string,
  own: readonly string[],
  { chosen, sparse }: TableShape,
): AmrError {
  const known = otherLayout(own);
  if (known !== undefined) return new AmrError({ what: where, expected: 'a row for each user and item', ...known });
  const near = nearestName(name, own);
  const asked = chosen?.[name] ? ` (asked for as "${chosen[name]}")` : '';
  return new AmrError({
    what: where,
    got: `the columns ${listed(own)}`,
    expected: `a column "${name}"${asked}`,
    hint: near
      ? `rename "${near}" to "${name}", or say --columns ${name}=${near}`
      : `${sparse ? '' : 'the first line must name the columns; '}say which is meant, by its name${sparse ? '' : ' or its place'}: --columns ${name}=...`,
  });
}

/** Layouts of the field that are no tables, by their first line, with what makes one of them. */
function otherLayout([first, ...more]: readonly string[]): { got: string; hint: string } | undefined {
  if (/^\d+:$/.test(first) && more.length === 0) {
    return {
      got: `"${first}" alone in its line, as in the files of the Netflix prize: an item, its ratings below it`,
      hint: `make rows of it: (echo user,item,rating,date; awk -F, '/:$/ { item = substr($1, 1, length($1) - 1); next } { print $1 "," item "," $2 "," $3 }' FILE) > interactions.csv`,
    };
  }
  if (/^\d+( \d+){2,}$/.test(first) && more.length === 0) {
    return {
      got: 'whole numbers parted by blanks, perhaps a user and all its items in one line',
      hint: `make rows of it: (echo user,item; awk '{ for (n = 2; n <= NF; n++) print $1 "," $n }' FILE) > interactions.csv`,
    };
  }
  return undefined;
}

function doubledColumn(where: string, column: string, names: readonly string[]): AmrError {
  const quoted = names.map((name) => `"${name}"`).join(' and ');
  return new AmrError({
    what: where,
    got: `column "${column}" twice, as ${quoted}`,
    expected: 'each column once',
    hint: `rename or remove one of them, or say which it is: --columns ${column}=${names[0]}`,
  });
}

function listed(own: readonly string[]): string {
  const most = 12;
  return own.length > most ? `${own.slice(0, most).join(', ')} and ${own.length - most} more` : own.join(', ');
}
