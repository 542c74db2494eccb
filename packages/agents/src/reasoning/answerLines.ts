import type { TaskAnswers } from './reasoner.js';

/** From these on a model is said to be unfit for a task; judged on so many answers. */
const UNFIT = { refused: 0.5, distinct: 0.5, grounded: 0.5 };
const FEWEST_JUDGED = 10;
const SHOWN_REASONS = 3;

/** The wording of prompts for small models (prompts/README.md). */
const BRIEF_FAMILY = 'brief';

/**
 * The quality of a language model's answers, a line for each task, and a plain word where it is not fit for the work.
 * @param promptFamily the wording in which it was asked
 */
export function answerLines(answers: readonly TaskAnswers[], promptFamily: string): string[] {
  const lines = answers.flatMap((one) => {
    const problem = unfitness(one);
    return [lineOf(one), ...(problem ? [`the model is not fit for ${one.task}: ${problem}`] : [])];
  });
  const isAskedForLess = promptFamily === BRIEF_FAMILY || lines.length === answers.length;
  return isAskedForLess ? lines : [...lines, `a small model is asked for less with --prompt-family ${BRIEF_FAMILY}`];
}

/** Why a model is not fit for a task, or null. */
function unfitness({ accepted, refused, distinctShare, groundedShare }: TaskAnswers): string | null {
  const wrong = Object.values(refused).reduce((sum, count) => sum + count, 0);
  if (accepted + wrong < FEWEST_JUDGED) return null;
  if (wrong > UNFIT.refused * (accepted + wrong)) return `${wrong} of ${accepted + wrong} answers could not be used`;
  if (distinctShare !== null && distinctShare < UNFIT.distinct) return 'it says the same of most of them';
  if (groundedShare !== null && groundedShare < UNFIT.grounded) return 'most names and numbers in it were never shown';
  return null;
}

function lineOf({
  task,
  accepted,
  repaired,
  refused,
  groundedShare,
  distinctShare,
  meanCharacters,
}: TaskAnswers): string {
  const percent = (share: number | null, what: string) =>
    share === null ? [] : [`${(100 * share).toFixed(0)} % ${what}`];
  const reasons = Object.entries(refused);
  const wrong = reasons.reduce((sum, [, count]) => sum + count, 0);
  const told = reasons.slice(0, SHOWN_REASONS).map(([reason, count]) => `${reason} ${count}`);
  return [
    `answers to ${task}: ${accepted} accepted, ${repaired} of them repaired, ${wrong} refused${wrong > 0 ? ` (${told.join('; ')})` : ''}`,
    ...percent(groundedShare, 'grounded'),
    ...percent(distinctShare, 'distinct'),
    ...(meanCharacters === null ? [] : [`${meanCharacters} characters`]),
  ].join(', ');
}
