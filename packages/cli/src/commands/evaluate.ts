import { choice, text } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { evaluateRepresentations } from '@agentmmrec/evaluation';
import { textTable } from '@agentmmrec/experiments';
import { finalEvaluation } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';
import { openTrained } from '../trainedRun.js';
import { rerankingLine } from '../trainingReport.js';

export const evaluate = defineCommand({
  verb: 'evaluate',
  summary: 'measure a trained model on validation; --split test opens the sealed split and says so in its log',
  example: 'agentmmrec evaluate --data catalog',
  options: {
    ...datasetOptions,
    checkpoint: text('', 'the checkpoint; default: the newest finished run on this data set'),
    split: choice('validation', ['validation', 'test'], 'which split to measure on'),
  },
  required: ['data'],
  async run({ data, checkpoint, split, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const { study, model, manifest, path } = await openTrained(dataset, checkpoint, session);
    try {
      const { training, validation, test } = dataset;
      const device = session.device();
      const reranker =
        split === 'test' ? await study.reranker(manifest.recipe.rerank, manifest.knowledge?.moments.end) : null;
      const measured =
        split === 'test'
          ? await finalEvaluation({
              model,
              device,
              train: training.train,
              test,
              purpose: `evaluate --split test of ${path}`,
              ...(reranker && { rerank: reranker }),
            })
          : {
              test: evaluateRepresentations({
                device,
                representations: model.represent('all'),
                train: training.train,
                truth: validation,
              }),
              testReranked: null,
              reranking: null,
            };
      const rows = {
        [split]: measured.test.metrics,
        ...(measured.testReranked && { 'test reranked': measured.testReranked.metrics }),
      };
      const names = Object.keys(measured.test.metrics) as (keyof typeof measured.test.metrics)[];
      const lines = Object.entries(rows).map(([name, metrics]) => [
        name,
        ...names.map((metric) => metrics[metric].toFixed(4)),
      ]);
      session.say(textTable([[manifest.recipe.model, ...names], ...lines]));
      if (measured.reranking) session.say(rerankingLine(measured.reranking));
      session.emit({
        model: manifest.recipe.model,
        data: training.name,
        seed: manifest.seed,
        checkpoint: path,
        split,
        ...rows,
        ...(measured.reranking && { reranking: measured.reranking }),
      });
    } finally {
      await study.close();
    }
  },
});
