import { AmrError } from '@agentmmrec/core';
import type { Interactions, SealedTest } from '@agentmmrec/datasets';
import {
  type Evaluation,
  evaluationDepth,
  metricsOf,
  type RankedLists,
  rankUsersByTurns,
  usersOf,
} from '@agentmmrec/evaluation';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel } from '@agentmmrec/models';
import type { RerankHook, RerankReport } from './hooks.js';

/** The metrics on the test split. */
export interface FinalEvaluation {
  /** before reranking */
  readonly test: Evaluation;
  /** after reranking; null without a reranker */
  readonly testReranked: Evaluation | null;
  /** how many users were reranked and what was mended; null without a reranker */
  readonly reranking: RerankReport | null;
  /** what was measured against, open from now on: nothing may be chosen by it */
  readonly truth: Interactions;
}

/**
 * Measures a trained model on the test split: the only place that opens it, once a call. Training items are masked;
 * validation items stay rankable, as the field does, unless `excludeAlso` names them. The reranker gets the lists, never the
 * truth, and is held to give back permutations.
 * @param call.purpose written to the opening log
 * @throws AmrError internal: a reranker that changed more than the order
 */
export async function finalEvaluation(call: {
  model: BuiltModel;
  device: Device;
  train: Interactions;
  test: SealedTest;
  purpose: string;
  excludeAlso?: Interactions;
  rerank?: RerankHook;
}): Promise<FinalEvaluation> {
  const { model, device, train, excludeAlso, rerank } = call;
  const truth = call.test.open(call.purpose);
  const k = Math.max(evaluationDepth, rerank?.rerankDepth ?? 0);
  const ranking = model.ranking();
  const lists = await rankUsersByTurns({ device, ranking, mask: train, userIds: usersOf(truth), k, excludeAlso });
  const test = metricsOf(lists, truth, train);
  if (!rerank) return { test, testReranked: null, reranking: null, truth };
  const reranked = await rerank.rerank({ ...lists, items: lists.items.slice(), scores: lists.scores.slice() });
  checkPermutations(lists, reranked.lists);
  const testReranked = metricsOf(reranked.lists, truth, train);
  return { test, testReranked, reranking: reranked.report, truth };
}

function checkPermutations(before: RankedLists, after: RankedLists): void {
  const fail = (got: string): never => {
    throw new AmrError({
      what: 'reranked lists',
      got,
      expected: 'the same users, and the items of each list in another order',
      hint: 'this is a mistake in the reranker, please report it',
      kind: 'internal',
    });
  };
  if (after.k !== before.k || after.items.length !== before.items.length) fail(`${after.items.length} places`);
  const { k } = before;
  before.userIds.forEach((user, row) => {
    if (after.userIds[row] !== user) fail(`user ${after.userIds[row]} in place of ${user}`);
    const was = before.items.slice(row * k, (row + 1) * k).sort();
    const is = after.items.slice(row * k, (row + 1) * k).sort();
    if (was.some((item, at) => item !== is[at])) fail(`other items in the list of user ${user}`);
  });
}
