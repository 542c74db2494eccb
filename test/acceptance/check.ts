/** What a check is given: the repository, the data beside it, and ways to run commands. */
export interface AcceptanceContext {
  /** the repository's root */
  readonly root: string;
  /** folder of the shared data sets, or null where it is absent */
  readonly data: string | null;
  /** a Python that has torch, faiss and scipy, for speed beside them; null when none was named */
  readonly python: string | null;
  /** Runs the built command with `--json` and returns its last line. Throws with its sentence when it fails. */
  agentmmrec(words: readonly string[]): Promise<CommandResult>;
  /** Runs a program to its end in a folder (default: the root) and returns what it printed. Never throws for an exit code. */
  run(program: string, words: readonly string[], folder?: string): Promise<ProgramResult>;
  /** A line for the person who waits. */
  say(text: string): void;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly output: string;
  readonly seconds: number;
}

export interface CommandResult {
  readonly result: Readonly<Record<string, unknown>>;
  readonly seconds: number;
}

/** What was seen. `passed` null: it could not be tried here, `measured` says why. */
export interface CheckOutcome {
  readonly passed: boolean | null;
  readonly measured: string;
  /** of a missed target: what bounds it and what was tried, where the run itself says so */
  readonly bound?: string;
  /** tables or sentences for the report, Markdown */
  readonly details?: string;
}

/**
 * One sentence of an issue, tried. A gate keeps the issue open while it fails; a target is measured, reported and, where
 * missed, explained.
 */
export interface AcceptanceCheck {
  readonly id: string;
  readonly issue: number;
  readonly kind: 'gate' | 'target';
  /** what must hold, as the issue says it */
  readonly expected: string;
  /** of a target: what bounds it and what was tried, shown where it is missed */
  readonly bound?: string;
  run(context: AcceptanceContext): Promise<CheckOutcome>;
}

/** A number at a place of a JSON result: `numberAt(result, 'test', 'recall@20')`. */
export function numberAt(result: Readonly<Record<string, unknown>>, ...path: readonly string[]): number {
  let value: unknown = result;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  if (typeof value !== 'number') throw new Error(`the result has no number at ${path.join('.')}`);
  return value;
}

/** The outcome of a check that needs a data set that is not there. */
export const noData: CheckOutcome = { passed: null, measured: 'the shared data is not beside the repository' };
