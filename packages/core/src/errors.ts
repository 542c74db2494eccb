/**
 * Who has to act: `input` the person who called us (exit 2), `failed` the machine or a dependency (exit 1), `interrupted`
 * nobody, the work was stopped and can go on (exit 130), `internal` us.
 */
export type ErrorKind = 'input' | 'failed' | 'interrupted' | 'internal';

/** The facts of an error. The sentence is made from them, so no error can leave one out by accident. */
export interface ErrorFacts {
  /** Where or in what: `data/baby.inter line 7`, `spmm`. */
  what: string;
  /** What was found. */
  got: string;
  /** What would have been right. */
  expected: string;
  /** What to do next, a command where there is one. */
  hint: string;
  kind?: ErrorKind;
  cause?: unknown;
}

const EXIT_CODES: Record<ErrorKind, number> = { input: 2, failed: 1, interrupted: 130, internal: 1 };

/** An error that says what, got, expected and what to do, as fields and as one sentence. */
export class AmrError extends Error {
  readonly kind: ErrorKind;
  readonly what: string;
  readonly got: string;
  readonly expected: string;
  readonly hint: string;

  constructor(facts: ErrorFacts) {
    super(
      `${facts.what}: got ${facts.got}, expected ${facts.expected}. HINT: ${facts.hint}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = 'AmrError';
    this.kind = facts.kind ?? 'input';
    this.what = facts.what;
    this.got = facts.got;
    this.expected = facts.expected;
    this.hint = facts.hint;
  }

  /** The process exit code this error ends in. */
  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** A name as it is compared: capitals, blanks, hyphens, underscores and dots make no difference; a colon or comma begins something more. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[\s\-_.]/g, '');
}

/** The known name that is meant, as people spell it: `LightGCN` and `light-gcn` are `lightgcn`. Undefined where none is, or several are. */
export function spelledName<T extends string>(name: string, known: readonly T[]): T | undefined {
  const exact = known.find((candidate) => candidate === name);
  if (exact !== undefined || plainName(name) === '') return exact;
  const alike = known.filter((candidate) => plainName(candidate) === plainName(name));
  return alike.length === 1 ? alike[0] : undefined;
}

/** The candidate closest to `name` by edit distance, or undefined when none is near enough to be meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
