import { join } from 'node:path';
import { Breather, writeFileAtomic } from '@agentmmrec/core';
import type { TrainingData } from '../contract.js';
import { pairsOf } from '../dataset/interactions.js';
import { encodeNpy } from '../files/writeNpy.js';
import { featureListName } from '../formats/mmrec/mmrecItems.js';
import { copyImages, type ExportedSplits, itemRecord, plainId } from './exportedParts.js';

/**
 * The folder of the MMRec library: `<name>.inter` with x_label, `u_id_mapping.csv`, `i_id_mapping.csv` and
 * `<modality>_feat.npy` (float32). Beside them what that library does not read and our reader does: `items.jsonl` with
 * `images/`, and `feature_list.tsv`.
 */
export async function writeMmrec(folder: string, training: TrainingData, splits: ExportedSplits): Promise<void> {
  const breather = new Breather();
  const { name, userIds, itemIds, content, features } = training;
  const rows: string[] = ['userID\titemID\tx_label\n'];
  for (const [label, split] of splits.entries()) {
    await breather.breathe();
    const pairs = pairsOf(split);
    pairs.userIds.forEach((user, n) => {
      rows.push(`${user}\t${pairs.itemIds[n]}\t${label}\n`);
    });
  }
  writeFileAtomic(join(folder, `${name}.inter`), rows.join(''));
  const mapping = (ids: readonly string[], own: string, number: string) =>
    `${own}\t${number}\n${ids.map((id, n) => `${plainId(id)}\t${n}\n`).join('')}`;
  writeFileAtomic(join(folder, 'u_id_mapping.csv'), mapping(userIds, 'user_id', 'userID'));
  writeFileAtomic(join(folder, 'i_id_mapping.csv'), mapping(itemIds, 'item_id', 'itemID'));
  for (const { modality, matrix } of features) {
    await breather.breathe();
    writeFileAtomic(join(folder, `${modality}_feat.npy`), encodeNpy(matrix));
  }
  const flags = features.map(({ modality, synthetic }) => `${modality}\t${synthetic ? 1 : 0}\n`);
  if (flags.length > 0) writeFileAtomic(join(folder, featureListName), `modality\tsynthetic\n${flags.join('')}`);
  if (content === null) return;
  const images = await copyImages(folder, content);
  const lines = itemIds.map((id, n) => `${JSON.stringify(itemRecord(id, content[n], images[n]))}\n`);
  writeFileAtomic(join(folder, 'items.jsonl'), lines.join(''));
}
