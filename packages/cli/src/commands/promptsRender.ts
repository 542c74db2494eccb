import { PROMPT_NEIGHBOURS, previewPrompts, promptOptions } from '@agentmmrec/agents';
import { flag } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { promptCatalog } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { loadOptions } from '../studies/datasetOptions.js';
import { entryOf, entryOptions } from '../studies/knowledgeFile.js';
import { llmOptions } from '../studies/llmOptions.js';

const { memory: _memory, ...subjectOptions } = entryOptions;

export const promptsRender = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec prompts render --data catalog --user user-0001',
  options: {
    ...subjectOptions,
    promptFamily: llmOptions.promptFamily,
    contextLength: llmOptions.contextLength,
    ...promptOptions,
    augmentation: flag(false, "with LLMRec's prompts: profile and edges of a user, attributes of an item"),
    textOnly: flag(false, 'as for a model that sees no images'),
  },
  async run(options, session) {
    const { training } = await loadDataset(options.data, loadOptions(options, session));
    const { kind, entity } = entryOf(options, training);
    const previews = await previewPrompts(kind === 'preference' ? { user: entity } : { item: entity }, {
      training,
      prompts: promptCatalog(),
      knowledgeSeed: options.knowledgeSeed,
      promptFamily: options.promptFamily,
      promptNeighbours: options.promptNeighbours ?? PROMPT_NEIGHBOURS,
      contextLength: options.contextLength,
      seesImages: !options.textOnly,
      augmentation: options.augmentation,
    });
    for (const { template, system, user, images, inputTokens } of previews) {
      const pictures = images.length > 0 ? `, images of ${images.join(', ')}` : '';
      session.say(`==== ${template}, about ${inputTokens} tokens${pictures}\n${system}\n----\n${user}\n`);
    }
    session.emit({ prompts: previews });
  },
});
