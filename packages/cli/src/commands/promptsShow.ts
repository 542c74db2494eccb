import { llmReasonerSchema } from '@agentmmrec/agents';
import { AmrError, nearestName, optional } from '@agentmmrec/core';
import { type PromptTaskName, promptCatalog, promptTaskNames } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { llmOptions } from '../studies/llmOptions.js';

export const promptsShow = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec prompts show --task rerank',
  options: {
    task: optional({ type: 'text', help: `one of ${promptTaskNames.join(', ')}; default: all are listed` }),
    promptFamily: llmReasonerSchema.promptFamily,
    prompts: llmOptions.prompts,
  },
  async run({ task, promptFamily, prompts }, session) {
    const catalog = promptCatalog(prompts ?? undefined);
    if (task === null) {
      for (const { id, hash, budget, fixedTokens } of catalog.templates) {
        const cost = `${fixedTokens} fixed tokens, about ${budget.expectedOutputTokens} out`;
        session.say(`${id.padEnd(40)} ${hash.slice(0, 12)}  ${cost}`);
      }
      session.emit({ templates: catalog.templates });
      return;
    }
    const template = catalog.get(taskName(task), promptFamily);
    session.say(`${template.id}  ${template.hash}\n\n# System\n${template.system}\n\n# User\n${template.user}`);
    session.emit(template);
  },
});

function taskName(name: string): PromptTaskName {
  const found = promptTaskNames.find((one) => one === name);
  if (found) return found;
  const near = nearestName(name, promptTaskNames);
  throw new AmrError({
    what: '--task',
    got: name,
    expected: `one of ${promptTaskNames.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'leave --task out to list all',
  });
}
