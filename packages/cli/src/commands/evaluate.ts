import { isAbsolute, relative, resolve } from 'node:path';
import { choice, flag, optional } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { evaluationDepth, metricsOf, rankUsersByTurns, usersOf } from '@agentmmrec/evaluation';
import { finalEvaluation } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { metricTable } from '../runs/metricTable.js';
import { openTrained } from '../runs/trainedRun.js';
import { rerankingLine } from '../runs/trainingReport.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';

export const evaluate = defineCommand({
  example: 'agentmmrec evaluate --data catalog',
  options: {
    ...datasetOptions,
    checkpoint: optional({ type: 'text', help: 'the checkpoint; default: the newest finished run on this data set' }),
    split: choice('validation', ['validation', 'test'], 'which split to measure on'),
    maskValidation: flag(false, 'on test: never list validation items, which the field leaves in'),
  },
  async run({ data, checkpoint, split, maskValidation, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const { study, model, manifest, path } = await openTrained(dataset, checkpoint, session);
    try {
      const { training, validation } = dataset;
      const { model: name } = manifest.recipe;
      const facts = { model: name, data: training.name, seed: manifest.seed, checkpoint: path, split };
      if (split === 'validation') {
        const lists = await rankUsersByTurns({
          device: session.device(),
          ranking: model.ranking(),
          mask: training.train,
          userIds: usersOf(validation),
          k: evaluationDepth,
        });
        const { metrics } = metricsOf(lists, validation, training.train);
        session.say(metricTable(name, { validation: metrics }));
        session.emit({ ...facts, validation: metrics });
        return;
      }
      const rerank = await study.reranker(
        manifest.recipe.rerank,
        manifest.knowledge?.moments.end,
        manifest.knowledge?.rerankWeight,
      );
      const { test, testReranked, reranking } = await finalEvaluation({
        model,
        device: session.device(),
        train: training.train,
        test: dataset.test,
        // By its place in the workspace, which may be moved.
        purpose: `evaluate --split test of ${placeIn(session.workspace, path)}`,
        ...(maskValidation && { excludeAlso: validation }),
        ...(rerank && { rerank }),
      });
      const reranked = testReranked?.metrics ?? null;
      session.say(metricTable(name, { test: test.metrics, 'test reranked': reranked }));
      if (reranking) session.say(rerankingLine(reranking));
      session.emit({
        ...facts,
        ...(maskValidation && { maskValidation }),
        test: test.metrics,
        ...(reranked && { testReranked: reranked, reranking }),
      });
    } finally {
      await study.close();
    }
  },
});

/** A path from the workspace where it lies in it, else as it was given. */
function placeIn(workspace: string, path: string): string {
  const place = relative(workspace, resolve(path));
  return place.startsWith('..') || isAbsolute(place) ? path : place;
}
