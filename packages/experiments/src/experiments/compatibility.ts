import { compatibilityTable, compatibilityTableSource } from '../paper/compatibilityTable.js';
import { paperRow } from '../paper/paperRows.js';
import { plain } from '../recipes.js';
import type { Experiment } from './contract.js';
import { plusGraphs, row, writtenName } from './rows.js';

/** What the knowledge does for other models: its graphs on top, its reranking on top. */
export const compatibility: Experiment = {
  name: 'compatibility',
  title: 'Knowledge on top of other models',
  summary: 'other models as they are, with the graphs of the knowledge, with its reranking',
  shows: 'Table 2',
  plan(context) {
    const paper = (name: string) =>
      paperRow(compatibilityTable, compatibilityTableSource, context.data.paperName, name);
    const models = context.models.filter((name) => name !== 'agentmmrec');
    const groups = models.map((name) => {
      const group = writtenName(name);
      return [
        row(context, plain(name), { group, label: group, paper: paper(name) }),
        row(context, plusGraphs(name), { group, label: `${group} + graph`, paper: paper(`${name} graph`) }),
        row(
          context,
          { ...plain(name), rerank: 'made' },
          { group, label: `${group} + rerank`, paper: paper(`${name} rerank`) },
        ),
      ];
    });
    return {
      rows: groups.flat(),
      comparisons: groups.flatMap(([original, graph, rerank]) => [
        [graph.label, original.label] as const,
        [rerank.label, original.label] as const,
      ]),
      figures: ['differences'],
    };
  },
};
