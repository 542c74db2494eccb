import { groundingOf, wordsOf } from '@agentmmrec/agents';

/** What an answer is worth, and whether the product's own check took it. */
export interface Judged {
  readonly text: string;
  /** what the product's check refused it for, or null */
  readonly problem: string | null;
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
  return { text, problem: null, copied, claims, grounded, words: wordsOf(summary).length };
}

/** Refusals by the product that are over copies: of marks, of names, of what was asked, of what was shown. */
const COPIES = /marks of a template|lists names of the prompt|repeats the (?:instructions|data)|no trait says/;

/** Taken by the product, in words of its own, and about what was shown. */
const isOfUse = ({ problem, copied, claims, grounded }: Judged) =>
  problem === null && copied === null && (claims === 0 || grounded / claims >= LEAST_GROUNDED);

export const HEADER = [
  '| framing | answers | accepted | refused as copies | refused else | copied of the accepted | share copied | of use |',
  '|---|---|---|---|---|---|---|---|',
].join('\n');

/** A line of the table. */
export function rowOf(name: string, judged: readonly Judged[]): string {
  const count = (test: (one: Judged) => boolean) => judged.filter(test).length;
  const accepted = count(({ problem }) => problem === null);
  const refused = count(({ problem }) => problem !== null && COPIES.test(problem));
  const kinds = ['marks', 'data', 'instructions', 'names']
    .map((kind) => [kind, count(({ problem, copied }) => problem === null && copied === kind)] as const)
    .filter(([, found]) => found > 0)
    .map(([kind, found]) => `${found} ${kind}`);
  const copies = refused + count(({ problem, copied }) => problem === null && copied !== null);
  const [low, high] = wilson(copies, judged.length);
  const cells = [
    judged.length,
    accepted,
    refused,
    judged.length - accepted - refused,
    kinds.join(', ') || 'none',
    `${(copies / Math.max(1, judged.length)).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
    count(isOfUse),
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}

/** The 95 % interval of a share after Wilson. */
function wilson(found: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const z = 1.96;
  const share = found / of;
  const middle = share + (z * z) / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/** Summary, traits and every text of an answer; what is no JSON is one text. */
function read(text: string): { summary: string; traits: string[]; all: string[] } {
  try {
    const answer = JSON.parse(text) as Record<string, unknown>;
    const list = answer.properties ?? answer.preferences;
    const traits = Array.isArray(list) ? list.map((one) => String(one?.trait ?? '')) : [];
    const summary = String(answer.summary ?? answer.text ?? '');
    return { summary, traits, all: [summary, ...traits] };
  } catch {
    return { summary: text, traits: [], all: [text] };
  }
}

function runsOf(text: string): string[] {
  const words = wordsOf(text);
  return words.slice(RUN - 1).map((_, at) => words.slice(at, at + RUN).join(' '));
}
