import { join } from 'node:path';
import { Breather, matrixRow, writeFileAtomic } from '@agentmmrec/core';
import type { Features, TrainingData } from '../contract.js';
import { pairsOf } from '../dataset/interactions.js';
import { copyImages, type ExportedSplits, plainId } from './exportedParts.js';

/**
 * Atomic files of the RecBole library: `<name>.{train,valid,test}.inter` with typed headers, `<name>.item` with the words and
 * the path of the image, `images/`, a file `<name>.<modality>emb` for each modality's features (`float_seq`, the suffix and the
 * columns as that library preloads embeddings), and `<name>.yaml`, a configuration that names all of these.
 */
export async function writeRecbole(folder: string, training: TrainingData, splits: ExportedSplits): Promise<void> {
  const breather = new Breather();
  const { name, userIds, itemIds, content, features } = training;
  for (const [n, split] of ['train', 'valid', 'test'].entries()) {
    await breather.breathe();
    const pairs = pairsOf(splits[n]);
    const rows = Array.from(pairs.userIds, (user, row) => {
      return `${plainId(userIds[user])}\t${plainId(itemIds[pairs.itemIds[row]])}\n`;
    });
    writeFileAtomic(join(folder, `${name}.${split}.inter`), `user_id:token\titem_id:token\n${rows.join('')}`);
  }
  for (const feature of features) await writeEmbeddings(folder, training, feature);
  writeFileAtomic(join(folder, `${name}.yaml`), configuration(training));
  if (content === null) return;
  const images = await copyImages(folder, content);
  const rows = content.map(({ title, brand, categories, description }, item) => {
    const cells = [title, brand, categories.join(' '), description].map((text) => text.replace(/[\t\r\n]+/g, ' '));
    return `${[plainId(itemIds[item]), ...cells, images[item] ?? ''].join('\t')}\n`;
  });
  writeFileAtomic(join(folder, `${name}.item`), `${itemColumns.join('\t')}\n${rows.join('')}`);
}

const itemColumns = [
  'item_id:token',
  'title:token_seq',
  'brand:token_seq',
  'categories:token_seq',
  'description:token_seq',
  'image:token',
];

async function writeEmbeddings(
  folder: string,
  { name, itemIds }: TrainingData,
  { modality, matrix }: Features,
): Promise<void> {
  const breather = new Breather();
  const pieces = [Buffer.from(`${modality}_item_id:token\t${modality}_emb:float_seq\n`)];
  for (let item = 0; item < matrix.rows; item++) {
    await breather.breathe();
    // The shortest digits that give the same float32 again.
    const values = Array.from(matrixRow(matrix, item), (value) => shortest(value)).join(' ');
    pieces.push(Buffer.from(`${plainId(itemIds[item])}\t${values}\n`));
  }
  writeFileAtomic(join(folder, `${name}.${modality}emb`), Buffer.concat(pieces));
}

function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function configuration({ features, content }: TrainingData): string {
  const names = features.map(({ modality }) => modality);
  const list = (values: readonly string[]) => `[${values.join(', ')}]`;
  const embeddings =
    names.length === 0
      ? []
      : [
          `additional_feat_suffix: ${list(names.map((name) => `${name}emb`))}`,
          `alias_of_item_id: ${list(names.map((name) => `${name}_item_id`))}`,
          'preload_weight:',
          ...names.map((name) => `  ${name}_item_id: ${name}_emb`),
        ];
  return [
    ...features
      .filter(({ synthetic }) => synthetic)
      .map(({ modality }) => `# the ${modality} features are SYNTHETIC: drawn from a seed, measured on nothing`),
    'USER_ID_FIELD: user_id',
    'ITEM_ID_FIELD: item_id',
    'benchmark_filename: [train, valid, test]',
    ...embeddings,
    'load_col:',
    '  inter: [user_id, item_id]',
    ...(content === null ? [] : [`  item: ${list(itemColumns.map((column) => column.split(':')[0]))}`]),
    ...names.map((name) => `  ${name}emb: ${list([`${name}_item_id`, `${name}_emb`])}`),
    '',
  ].join('\n');
}
