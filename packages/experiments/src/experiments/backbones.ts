import { text } from '@agentmmrec/core';
import { backboneTable, backboneTableSource } from '../paper/backboneTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrec } from '../recipes.js';
import type { Experiment, KnowledgeSourceChange } from './contract.js';
import { rowWordsOf } from './lists.js';
import { row } from './rows.js';

/** The same method with knowledge by different reasoners. */
export const backbones: Experiment = {
  name: 'backbones',
  title: 'Who writes the knowledge',
  summary: 'AgentMMRec with knowledge by several language models, on one or several servers',
  shows: 'Table 6',
  rowsNameReasoners: true,
  options: {
    backbones: text(
      'extractive',
      'REASONER, REASONER/MODEL or REASONER/MODEL@URL, separated by commas: extractive,ollama/qwen2.5vl:7b,openai/gpt-4o@https://host/v1',
    ),
  },
  plan(context) {
    const rows = rowWordsOf(context.values.backbones, '--backbones', 'extractive,ollama/qwen2.5vl:7b').map((word) =>
      row(context, agentmmrec, {
        label: `AgentMMRec by ${word.split('@')[0]}`,
        source: sourceOf(word),
        paper: paperRow(backboneTable, backboneTableSource, context.data.paperName, paperName(word)),
      }),
    );
    return {
      rows,
      comparisons: rows.slice(1).map(({ label }) => [label, rows[0].label] as const),
      figures: ['differences', 'significance'],
      columns: ['calls', 'tokens'],
    };
  },
};

function sourceOf(word: string): KnowledgeSourceChange {
  const [name, url] = word.split('@');
  const [reasoner, ...model] = name.split('/');
  const llmModel = model.length > 0 ? model.join('/') : null;
  return { reasoner, llmModel, reach: { reasoner, llmModel, ...(url && { llmUrl: url }) } };
}

/** The paper's name of a model of its Table 6. */
function paperName(word: string): string {
  if (/qwen2\.?5-?vl[:-]?7b/i.test(word)) return '7B';
  if (/qwen2\.?5-?vl[:-]?32b/i.test(word)) return '32B';
  return /gpt-4o/i.test(word) ? 'GPT-4o' : '';
}
