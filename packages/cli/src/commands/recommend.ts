import { AmrError, choice, flag, integer, optional, textTable } from '@agentmmrec/core';
import {
  checkRecommendationPath,
  type Dataset,
  exportRecommendations,
  loadDataset,
  type RecommendedLists,
  type TrainingData,
} from '@agentmmrec/datasets';
import { rankUsersByTurns } from '@agentmmrec/evaluation';
import type { OpenedRun } from '@agentmmrec/experiments';
import { Catalog, ModelExplanations, type Reasons, reasonsFor, whySentences } from '@agentmmrec/explorer';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel } from '@agentmmrec/models';
import type { RerankHook } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { openTrained } from '../runs/trainedRun.js';
import { hanging } from '../session/hanging.js';
import type { Session } from '../session/session.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { denseId } from '../studies/knowledgeFile.js';

/** Users ranked and written at a time. */
const BLOCK_USERS = 4096;

export const recommend = defineCommand({
  details:
    'A run whose lists are reranked by knowledge lists them reranked, as its best row of results is; --rerank off leaves the order of the ' +
    'model. --export writes user, item, rank and score as CSV or Parquet, by the ending: of all users, or of --user alone.',
  example: 'agentmmrec recommend --data catalog --user user-0001 -k 20',
  options: {
    ...datasetOptions,
    user: optional({ type: 'text', help: "the user, by the data set's own id; default with --export: all users" }),
    k: integer(20, { min: 1, max: 10_000, help: 'how many items' }),
    export: optional({ type: 'text', help: 'a file to write, FILE.csv or FILE.parquet' }),
    rerank: choice('auto', ['auto', 'on', 'off'], 'rerank the lists by knowledge; auto: where the run did'),
    why: flag(false, 'with --user: say what speaks for each item'),
    formulaGuard: flag(false, 'in CSV, put an apostrophe before ids that a spreadsheet would take for formulas'),
    checkpoint: optional({ type: 'text', help: 'the checkpoint; default: the newest finished run on this data set' }),
  },
  async run({ data, user, k, rerank: wanted, why, formulaGuard, checkpoint, export: path, ...options }, session) {
    if (user === null && path === null) throw nobody();
    if (path !== null) checkRecommendationPath(path);
    const dataset = await loadDataset(data, loadOptions(options, session));
    const { training } = dataset;
    const userIds = user === null ? everybody(training) : Int32Array.of(denseId('user', user, training.userIds));
    const opened = await openTrained(dataset, checkpoint, session);
    try {
      const rerank = await rerankerOf(opened, wanted);
      let failed = 0;
      const onFailed = (users: number) => {
        failed += users;
      };
      const lists = listsOf(opened.model, session.device(), training, userIds, { k, rerank, onFailed });
      const order = () => orderOf(rerank !== null, failed);
      if (path === null) {
        const explain = why ? await explainer(opened, dataset) : null;
        for await (const list of lists)
          showList(user ?? '', list, { order: order(), training, opened, explain }, session);
      } else {
        const rows = await exportRecommendations(path, training, lists, { formulaGuard });
        session.say(`${path}: ${rows} recommendations for ${userIds.length} users, ${order()}`);
        const { manifest, path: checkpointPath } = opened;
        const { model } = manifest.recipe;
        session.emit({
          file: path,
          rows,
          users: userIds.length,
          model,
          reranked: rerank !== null,
          checkpoint: checkpointPath,
        });
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

/** What reorders the lists, or null. @throws AmrError input: asked for where the run has no knowledge */
async function rerankerOf({ study, manifest }: OpenedRun, wanted: 'auto' | 'on' | 'off'): Promise<RerankHook | null> {
  if (wanted === 'off') return null;
  const use = wanted === 'on' && manifest.knowledge !== null ? 'made' : manifest.recipe.rerank;
  const rerank = await study.reranker(use, manifest.knowledge?.moments.end, manifest.knowledge?.rerankWeight);
  if (rerank !== null || wanted === 'auto') return rerank;
  throw new AmrError({
    what: 'recommend, option "rerank"',
    got: 'on, for a run without knowledge',
    expected: 'a run that was trained with knowledge',
    hint: 'leave --rerank out, or train with --plus rerank --memory FILE',
  });
}

/** The lists of the users, block by block; what the model ranks by is computed once. */
async function* listsOf(
  model: BuiltModel,
  device: Device,
  { train }: TrainingData,
  userIds: Int32Array,
  { k, rerank, onFailed }: { readonly k: number; readonly rerank: RerankHook | null; onFailed(users: number): void },
): AsyncGenerator<RecommendedLists> {
  const ranking = model.ranking();
  for (let start = 0; start < userIds.length; start += BLOCK_USERS) {
    const block = userIds.subarray(start, start + BLOCK_USERS);
    const depth = Math.max(k, rerank?.rerankDepth ?? 0);
    const ranked = await rankUsersByTurns({ device, ranking, mask: train, userIds: block, k: depth });
    const reranked = await rerank?.rerank(ranked);
    onFailed(reranked?.report.failed ?? 0);
    const lists = reranked?.lists ?? ranked;
    yield { userIds: block, items: firstOf(lists.items, depth, k), scores: firstOf(lists.scores, depth, k) };
  }
}

/** Which lists these are, said with them. */
function orderOf(isReranked: boolean, failed: number): string {
  if (!isReranked) return 'in the order of the model';
  return `reranked by knowledge${failed > 0 ? `, except for ${failed} users whose call failed` : ''}`;
}

/** What speaks for an item in the list of a user. */
async function explainer(opened: OpenedRun, dataset: Dataset) {
  const catalog = new Catalog(dataset);
  const memory = (await opened.study.bench?.memory()) ?? null;
  const moment = opened.manifest.knowledge?.moments.end;
  const knowledge = memory && moment !== undefined ? memory.asOf(moment) : memory;
  const model = new ModelExplanations(opened.model, knowledge);
  return (user: number, item: number) => reasonsFor(model, catalog, user, item);
}

/** The first k of each list. */
function firstOf<T extends Int32Array | Float32Array>(values: T, depth: number, k: number): T {
  return depth === k ? values : (values.filter((_, at) => at % depth < k) as T);
}

function showList(
  user: string,
  { userIds, items, scores }: RecommendedLists,
  shown: {
    readonly order: string;
    readonly training: TrainingData;
    readonly opened: OpenedRun;
    /** null: no reasons are wanted */
    readonly explain: ((user: number, item: number) => Reasons) | null;
  },
  session: Session,
): void {
  const { order, training, explain } = shown;
  const { manifest, path } = shown.opened;
  const found = Array.from(
    items.filter((item) => item >= 0),
    (item, at) => {
      const title = training.content?.[item].title;
      const reasons = explain?.(userIds[0], item);
      return {
        rank: at + 1,
        item: training.itemIds[item],
        score: scores[at],
        ...(title && { title }),
        ...(reasons && { reasons }),
      };
    },
  );
  const hasTitles = found.some(({ title }) => title);
  const rows = found.map(({ rank, item, score, title }) => [
    ...[String(rank), item, score.toFixed(4)],
    ...(hasTitles ? [title ?? ''] : []),
  ]);
  session.say(textTable([['rank', 'item', 'score', ...(hasTitles ? ['title'] : [])], ...rows], [1, 3]));
  for (const { rank, item, reasons } of found) {
    if (reasons)
      session.say(
        [`${rank} ${item}`, ...whySentences(reasons).map((said) => hanging('  ', said, session.columns))].join('\n'),
      );
  }
  session.say(order);
  session.emit({ user, model: manifest.recipe.model, order, checkpoint: path, items: found });
}

function nobody(): AmrError {
  return new AmrError({
    what: 'recommend',
    got: 'neither --user nor --export',
    expected: 'a user to list, or a file to write',
    hint: "give --user ID with the data set's own id, or --export FILE.parquet for all users",
  });
}
