import { AmrError } from '@agentmmrec/core';
import { checkPrompts, promptCatalog } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { llmOptions } from '../studies/llmOptions.js';

export const promptsCheck = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec prompts check',
  options: {
    prompts: llmOptions.prompts,
  },
  async run({ prompts }, session) {
    const problems = checkPrompts(prompts ?? undefined);
    for (const { file, problem } of problems) session.say(`${file}: ${problem}`);
    session.emit({ problems });
    if (problems.length > 0) {
      throw new AmrError({
        what: 'prompts',
        got: `${problems.length} problems, the first in ${problems[0].file}: ${problems[0].problem}`,
        expected: 'templates that hold',
        hint: 'prompts/README.md says what a template must have',
      });
    }
    session.say(`${promptCatalog(prompts ?? undefined).templates.length} templates hold`);
  },
});
