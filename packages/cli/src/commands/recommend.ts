import { AmrError, integer, optional } from '@agentmmrec/core';
import {
  checkRecommendationPath,
  exportRecommendations,
  loadDataset,
  type RecommendedLists,
  type TrainingData,
} from '@agentmmrec/datasets';
import { rankUsers } from '@agentmmrec/evaluation';
import { textTable } from '@agentmmrec/experiments';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel } from '@agentmmrec/models';
import { defineCommand } from '../command.js';
import { type OpenedRun, openTrained } from '../runs/trainedRun.js';
import type { Session } from '../session/session.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { denseId } from '../studies/knowledgeFile.js';

/** Users ranked and written at a time. */
const BLOCK_USERS = 4096;

export const recommend = defineCommand({
  details:
    '--export writes user, item, rank and score as CSV or Parquet, by the ending: of all users, or of --user alone.',
  example: 'agentmmrec recommend --data catalog --user user-0001 -k 20',
  options: {
    ...datasetOptions,
    user: optional({ type: 'text', help: "the user, by the data set's own id; default with --export: all users" }),
    k: integer(20, { min: 1, max: 10_000, help: 'how many items' }),
    export: optional({ type: 'text', help: 'a file to write, FILE.csv or FILE.parquet' }),
    checkpoint: optional({ type: 'text', help: 'the checkpoint; default: the newest finished run on this data set' }),
  },
  async run({ data, user, k, checkpoint, export: path, ...options }, session) {
    if (user === null && path === null) throw nobody();
    if (path !== null) checkRecommendationPath(path);
    const dataset = await loadDataset(data, loadOptions(options, session));
    const { training } = dataset;
    const userIds = user === null ? everybody(training) : Int32Array.of(denseId('user', user, training.userIds));
    const opened = await openTrained(dataset, checkpoint, session);
    try {
      const lists = listsOf(opened.model, session.device(), training, userIds, k);
      if (path === null) showList(user ?? '', [...lists][0], training, opened, session);
      else {
        const rows = await exportRecommendations(path, training, lists);
        session.say(`${path}: ${rows} recommendations for ${userIds.length} users`);
        const { manifest, path: checkpointPath } = opened;
        const { model } = manifest.recipe;
        session.emit({ file: path, rows, users: userIds.length, model, checkpoint: checkpointPath });
      }
    } finally {
      await opened.study.close();
    }
  },
});

/** Users without training items too: they are scored from what they have. */
function everybody({ users }: TrainingData): Int32Array {
  return Int32Array.from({ length: users }, (_, user) => user);
}

/** The lists of the users, block by block; what the model ranks by is computed once. */
function* listsOf(
  model: BuiltModel,
  device: Device,
  { train }: TrainingData,
  userIds: Int32Array,
  k: number,
): Generator<RecommendedLists> {
  const ranking = model.ranking();
  for (let start = 0; start < userIds.length; start += BLOCK_USERS) {
    const block = userIds.subarray(start, start + BLOCK_USERS);
    const { items, scores } = rankUsers({ device, ranking, mask: train, userIds: block, k });
    yield { userIds: block, items, scores };
  }
}

function showList(
  user: string,
  { items, scores }: RecommendedLists,
  training: TrainingData,
  { manifest, path }: OpenedRun,
  session: Session,
): void {
  const found = Array.from(
    items.filter((item) => item >= 0),
    (item, at) => {
      const title = training.content?.[item].title;
      return { rank: at + 1, item: training.itemIds[item], score: scores[at], ...(title && { title }) };
    },
  );
  const rows = found.map(({ rank, item, score, title }) => [String(rank), item, score.toFixed(4), title ?? '']);
  session.say(textTable([['rank', 'item', 'score', 'title'], ...rows]));
  session.emit({ user, model: manifest.recipe.model, checkpoint: path, items: found });
}

function nobody(): AmrError {
  return new AmrError({
    what: 'recommend',
    got: 'neither --user nor --export',
    expected: 'a user to list, or a file to write',
    hint: "give --user ID with the data set's own id, or --export FILE.parquet for all users",
  });
}
