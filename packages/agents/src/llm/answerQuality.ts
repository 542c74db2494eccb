import { digest } from '@agentmmrec/core';
import type { PromptTaskName } from '@agentmmrec/llm';
import type { Grounding } from '../reasoning/debris.js';
import type { TaskAnswers } from '../reasoning/reasoner.js';

interface Count {
  accepted: number;
  repaired: number;
  readonly refused: Map<string, number>;
  claims: number;
  grounded: number;
  readonly texts: Set<string>;
  characters: number;
}

/** What became of the answers of a model, task by task. */
export class AnswerQuality {
  private readonly tasks = new Map<PromptTaskName, Count>();

  accepted(task: PromptTaskName, answer: { text: string; repaired: boolean; grounding: Grounding | null }): void {
    const count = this.count(task);
    count.accepted++;
    if (answer.repaired) count.repaired++;
    count.claims += answer.grounding?.claims ?? 0;
    count.grounded += answer.grounding?.grounded ?? 0;
    count.characters += answer.text.length;
    count.texts.add(digest(answer.text).slice(0, 16));
  }

  refused(task: PromptTaskName, problem: string): void {
    const { refused } = this.count(task);
    const reason = reasonOf(problem);
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  }

  report(): TaskAnswers[] {
    return [...this.tasks].map(([task, count]) => ({
      task,
      accepted: count.accepted,
      repaired: count.repaired,
      refused: Object.fromEntries([...count.refused].sort(([, a], [, b]) => b - a)),
      groundedShare: count.claims === 0 ? null : count.grounded / count.claims,
      distinctShare: count.accepted === 0 ? null : count.texts.size / count.accepted,
      meanCharacters: count.accepted === 0 ? null : Math.round(count.characters / count.accepted),
    }));
  }

  private count(task: PromptTaskName): Count {
    const known = this.tasks.get(task);
    if (known) return known;
    const fresh = {
      accepted: 0,
      repaired: 0,
      refused: new Map<string, number>(),
      claims: 0,
      grounded: 0,
      texts: new Set<string>(),
      characters: 0,
    };
    this.tasks.set(task, fresh);
    return fresh;
  }
}

/** Kinds of problems, so that a report has few: the first words that say what is wrong, without where. */
function reasonOf(problem: string): string {
  if (problem.includes('cut off')) return 'cut off';
  if (problem.includes('empty')) return 'empty';
  if (problem.includes('a refusal in words')) return 'a refusal';
  if (problem.includes('not one valid JSON')) return 'not JSON';
  const content =
    /it (has marks|is no whole|repeats|lists|says that)[^;]*|no trait says[^;]*|several different answers/.exec(
      problem,
    );
  if (content) return content[0].replace(/^it /, '');
  return 'another form than asked';
}
