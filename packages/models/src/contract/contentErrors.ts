import { AmrError, type Matrix } from '@agentmmrec/core';
import type { ModelData } from './data.js';
import type { Model, Need } from './model.js';

const content: Readonly<Record<Need, string>> = {
  features: 'item features (text, image, audio)',
  knowledge: 'knowledge',
  augmentation: 'knowledge with augmentation',
};

/** The error of a model that needs item content on a data set that has none (exit 2). */
export function missingContent(
  what: string,
  got: string,
  needs: readonly Need[] = ['features', 'knowledge'],
): AmrError {
  return new AmrError({
    what,
    got,
    expected: needs.map((need) => content[need]).join(' or '),
    hint: 'add feature files to the data set, encode its content, or try --features synthetic[:384,4096]',
  });
}

/** Requires features or embeddings [rows, cols]; other sizes mean that they were made for something else (exit 2). */
export function requireSize(what: string, values: Matrix, rows: number, cols: number): void {
  if (values.rows === rows && values.cols === cols) return;
  throw new AmrError({
    what,
    got: `${values.rows} x ${values.cols}`,
    expected: `${rows} x ${cols}`,
    hint: 'they were made for another data set or encoder: build them again',
  });
}

/** Requires one of what the model needs, and features and embeddings of this data set (exit 2). */
export function checkContent({ name, needs }: Model, data: ModelData): void {
  const { users, items, features, knowledge } = data;
  const { userEmbeddings = null, itemEmbeddings = null, augmentation = null } = knowledge ?? {};
  const found = {
    features: features.length > 0,
    knowledge: Boolean(userEmbeddings ?? itemEmbeddings),
    augmentation: augmentation !== null,
  };
  if (needs.length > 0 && !needs.some((need) => found[need])) {
    const words = { features: 'item features', knowledge: 'knowledge', augmentation: 'augmentation' };
    const all = needs.map((need) => words[need]);
    throw missingContent(`model ${name}`, all.length === 1 ? `no ${all[0]}` : `neither ${all.join(' nor ')}`, needs);
  }
  for (const { modality, matrix } of features) requireSize(`${modality} features`, matrix, items, matrix.cols);
  const width = (userEmbeddings ?? itemEmbeddings)?.cols ?? 0;
  if (userEmbeddings) requireSize('knowledge embeddings of users', userEmbeddings, users, width);
  if (itemEmbeddings) requireSize('knowledge embeddings of items', itemEmbeddings, items, width);
  if (augmentation?.profiles) requireSize('profiles', augmentation.profiles, users, augmentation.profiles.cols);
  for (const { name: attribute, embeddings } of augmentation?.attributes ?? []) {
    requireSize(`attribute ${attribute}`, embeddings, items, augmentation?.attributes[0].embeddings.cols ?? 0);
  }
}
