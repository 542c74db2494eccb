import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { legibleParts } from '@agentmmrec/agents';
import type { TrainingData } from '@agentmmrec/datasets';
import type { RerankedExample } from '../study/rerankedExamples.js';
import type { ExecutedRow } from './execute.js';

/** An item as a page shows it. */
export interface ShownItem {
  readonly id: string;
  readonly title: string;
  /** as a data address; null where there is none, or none that is small */
  readonly picture: string | null;
}

/** A user of the row that reranks, with words and pictures. */
export interface ShownUser {
  readonly row: string;
  readonly id: string;
  readonly preference: RerankedExample['preference'];
  readonly bought: readonly ShownItem[];
  readonly before: readonly (ShownItem & { readonly hit: boolean })[];
  readonly after: readonly (ShownItem & { readonly hit: boolean })[];
  readonly risen: (Omit<NonNullable<RerankedExample['risen']>, 'item'> & { readonly item: ShownItem }) | null;
}

/** Larger pictures would make the page heavy. */
const MOST_PICTURE_BYTES = 60_000;
const pictureTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
};

/** The examples of the first row that reranks, by its first seed. */
export function shownUsers(rows: readonly ExecutedRow[], training: TrainingData): ShownUser[] {
  for (const { row, runs } of rows) {
    const [first] = runs;
    if (row.beforeReranking || first?.outcome.status !== 'finished') continue;
    const examples = first.outcome.record?.examples ?? [];
    if (examples.length > 0) return examples.map((example) => shownUser(row.label, example, training));
  }
  return [];
}

function shownUser(row: string, example: RerankedExample, training: TrainingData): ShownUser {
  const { user, preference, bought, before, after, hits, risen } = example;
  const item = (dense: number) => shownItem(dense, training);
  const listed = (dense: number) => ({ ...item(dense), hit: hits.includes(dense) });
  return {
    row,
    id: training.userIds[user],
    preference: legibleParts(preference),
    bought: bought.map(item),
    before: before.map(listed),
    after: after.map(listed),
    risen: risen && { ...risen, item: item(risen.item), property: risen.property && legibleParts(risen.property) },
  };
}

function shownItem(dense: number, { itemIds, content }: TrainingData): ShownItem {
  const id = itemIds[dense];
  const { title = '', imagePath = null } = content?.[dense] ?? {};
  return { id, title: title || id, picture: imagePath === null ? null : pictureOf(imagePath) };
}

/** A picture that cannot be read is left out: the page is about the lists. */
function pictureOf(path: string): string | null {
  const type = pictureTypes[extname(path).toLowerCase()];
  if (type === undefined) return null;
  try {
    if (statSync(path).size > MOST_PICTURE_BYTES) return null;
    return `data:${type};base64,${readFileSync(path).toString('base64')}`;
  } catch {
    return null;
  }
}
