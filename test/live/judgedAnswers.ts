import { groundingOf, wordsOf } from '@agentmmrec/agents';

/** What an answer is worth that the product's own check took or not. */
export interface Judged {
  readonly text: string;
  readonly accepted: boolean;
  /** what it has from the prompt in place of words of its own, or null */
  readonly copied: string | null;
  /** names and numbers in it, and those of them that were shown */
  readonly claims: number;
  readonly grounded: number;
  readonly words: number;
}

/** A run of words that nobody writes twice by chance, and how much of a text may consist of such runs. */
const RUN = 5;
const MOST_COPIED = 0.5;
/** Names of fields and local names in place of a trait, as small models spell them. */
const NAMES =
  /^(?:the )?(?:(?:title|brand(?:s|ed)?|categor(?:y|ies)|description|name|product|item|shopper|style|strengths?|streng|evidence|trait|basis|material|function)(?:_\w+)?|[PT]\d)$/i;
/** Of the names and numbers of an answer, as many were shown at least. */
const LEAST_GROUNDED = 0.5;

/** @param shown data of the prompt @param instructions the rest of it @param marks of the framing */
export function judge(
  text: string,
  { shown, instructions, marks }: { shown: string; instructions: string; marks: RegExp },
): Judged {
  const { summary, traits, all } = read(text);
  const { claims, grounded } = groundingOf(summary, shown);
  const runs = runsOf(summary);
  const shareIn = (of: string) => {
    const known = new Set(runsOf(of));
    return runs.length === 0 ? 0 : runs.filter((run) => known.has(run)).length / runs.length;
  };
  const fields = traits.filter((trait) => NAMES.test(trait.trim())).length;
  const copied = all.some((one) => marks.test(one))
    ? 'marks'
    : shareIn(shown) > MOST_COPIED
      ? 'data'
      : shareIn(instructions) > MOST_COPIED
        ? 'instructions'
        : fields > 0 && fields * 2 >= traits.length
          ? 'names'
          : null;
  return { text, accepted: false, copied, claims, grounded, words: wordsOf(summary).length };
}

/** Taken by the product, in words of its own, and about what was shown. */
const isOfUse = ({ accepted, copied, claims, grounded }: Judged) =>
  accepted && copied === null && (claims === 0 || grounded / claims >= LEAST_GROUNDED);

/** A line of the table. */
export function rowOf(name: string, judged: readonly Judged[]): string {
  const count = (test: (one: Judged) => boolean) => judged.filter(test).length;
  const sum = (value: (one: Judged) => number) => judged.reduce((total, one) => total + value(one), 0);
  const accepted = judged.filter((one) => one.accepted);
  const claims = accepted.reduce((total, one) => total + one.claims, 0);
  const grounded = accepted.reduce((total, one) => total + one.grounded, 0);
  const kinds = ['marks', 'data', 'instructions', 'names']
    .map((kind) => [kind, count(({ copied }) => copied === kind)] as const)
    .filter(([, found]) => found > 0)
    .map(([kind, found]) => `${found} ${kind}`);
  const cells = [
    judged.length,
    accepted.length,
    kinds.join(', ') || 'none',
    claims === 0 ? '-' : (grounded / claims).toFixed(2),
    count(isOfUse),
    (sum(({ words }) => words) / Math.max(1, judged.length)).toFixed(0),
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}

/** Summary, traits and every text of an answer; what is no JSON is one text. */
function read(text: string): { summary: string; traits: string[]; all: string[] } {
  try {
    const answer = JSON.parse(text) as Record<string, unknown>;
    const list = answer.properties ?? answer.preferences;
    const traits = Array.isArray(list) ? list.map((one) => String(one?.trait ?? '')) : [];
    const summary = typeof answer.summary === 'string' ? answer.summary : '';
    return { summary, traits, all: [summary, ...traits] };
  } catch {
    return { summary: text, traits: [], all: [text] };
  }
}

function runsOf(text: string): string[] {
  const words = wordsOf(text);
  return words.slice(RUN - 1).map((_, at) => words.slice(at, at + RUN).join(' '));
}
