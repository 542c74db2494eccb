import { llmReasonerSchema } from '@agentmmrec/agents';
import { AmrError, nearestName, optional, textTable } from '@agentmmrec/core';
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
      const rows = catalog.templates.map(({ id, hash, budget, fixedTokens }) => [
        id,
        hash.slice(0, 12),
        String(fixedTokens),
        `about ${budget.expectedOutputTokens}`,
      ]);
      session.say(textTable([['template', 'digest', 'fixed tokens', 'tokens out'], ...rows]));
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
