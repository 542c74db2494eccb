import { AmrError, nearestName, spelledName } from './errors.js';

/** What kind of value an option takes, with its help: `{ type: 'integer', min: 1, help: 'epochs' }`. */
export type OptionKind = { readonly help: string } & (
  | { readonly type: 'integer' | 'real'; readonly min?: number; readonly max?: number }
  | { readonly type: 'boolean' }
  | {
      readonly type: 'choice';
      readonly choices: readonly string[];
      /** what else is understood, and how to say that */
      readonly also?: { readonly pattern: RegExp; readonly words: string };
    }
  | {
      readonly type: 'text';
      /** names that are mostly meant: one of them is read however it is spelled, any other text stays */
      readonly names?: readonly string[];
    }
);

/**
 * One option of a model, dataset or command: its type, default, bounds and help. Options live beside what they configure;
 * the command line and configuration files are read through the same schema, so a name means the same everywhere.
 * The default null says that the value may be absent (see `optional`); `required` says that there is no default.
 */
export type Option = OptionKind &
  ({ readonly default: number | boolean | string | null } | { readonly required: true });

/** Options by their names. */
export type OptionSchema = Readonly<Record<string, Option>>;

/** The values a schema yields: numbers, booleans, one of the choices, text; null where an optional value is absent. */
export type OptionValues<S extends OptionSchema> = {
  readonly [K in keyof S]: ValueOf<S[K]> | (S[K] extends { default: null } ? null : never);
};

type ValueOf<O extends Option> = O extends { type: 'integer' | 'real' }
  ? number
  : O extends { type: 'boolean' }
    ? boolean
    : O extends { type: 'choice'; also: object }
      ? string
      : O extends { type: 'choice'; choices: readonly (infer C)[] }
        ? C
        : string;

/** A whole number within bounds. */
export function integer(value: number, bounds: { min?: number; max?: number; help: string }) {
  return { type: 'integer', default: value, ...bounds } as const;
}

/** A number within bounds. */
export function real(value: number, bounds: { min?: number; max?: number; help: string }) {
  return { type: 'real', default: value, ...bounds } as const;
}

/** On or off. */
export function flag(value: boolean, help: string) {
  return { type: 'boolean', default: value, help } as const;
}

/** One of some words. */
export function choice<const C extends readonly string[]>(value: C[number], choices: C, help: string) {
  return { type: 'choice', default: value, choices, help } as const;
}

/** Any text. */
export function text(value: string, help: string) {
  return { type: 'text', default: value, help } as const;
}

/** A value that may be absent: null where none is given. The empty text, `--memory ''`, gives none too. */
export function optional<const K extends OptionKind>(kind: K) {
  return { ...kind, default: null } as const;
}

/** A value that has to be given. */
export function required<const K extends OptionKind>(kind: K) {
  return { ...kind, required: true } as const;
}

/** The part of larger values that a schema names. */
export function pickOptions<S extends OptionSchema>(schema: S, values: NoInfer<OptionValues<S>>): OptionValues<S> {
  const named = Object.keys(schema).map((name) => [name, values[name]]);
  return Object.fromEntries(named) as OptionValues<S>;
}

/**
 * A call's values with defaults for those left out: for functions whose caller has read its options already. Bounds are not
 * checked; see `readOptions`.
 */
export function withDefaults<S extends OptionSchema>(schema: S, given: Partial<OptionValues<S>>): OptionValues<S> {
  const values = Object.entries(schema).map(([name, option]) => {
    return [name, given[name] ?? ('default' in option ? option.default : undefined)];
  });
  return Object.fromEntries(values) as OptionValues<S>;
}

/** The values of a schema when nothing is given. @throws AmrError input where the schema requires one */
export function defaultsOf<S extends OptionSchema>(what: string, schema: S): OptionValues<S> {
  return readOptions(what, schema, {});
}

/**
 * Reads given values (numbers and booleans may come as text) against the schema and fills defaults.
 * @param what names the owner in errors: `model lightgcn`
 * @throws AmrError input: an unknown name (with the nearest known one), a wrong type, a value out of bounds, a missing one
 */
export function readOptions<S extends OptionSchema>(
  what: string,
  schema: S,
  given: Readonly<Record<string, unknown>>,
): OptionValues<S> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(schema, name)) continue;
    const near = nearestName(name, Object.keys(schema));
    throw new AmrError({
      what: `${what}, option "${name}"`,
      got: 'an unknown option',
      expected: `one of ${Object.keys(schema).join(', ') || 'none: it has no options'}`,
      hint: near ? `did you mean "${near}"?` : 'remove it, or see --help',
    });
  }
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(schema)) {
    values[name] = readOption(`${what}, option "${name}"`, option, given[name]);
  }
  return values as OptionValues<S>;
}

/** Bounds as a sentence has them. */
function rangeOf(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === Number.NEGATIVE_INFINITY ? '' : ` of at least ${min}`;
  return min === Number.NEGATIVE_INFINITY ? ` of at most ${max}` : ` from ${min} to ${max}`;
}

/** What to do about a value that is not allowed. */
function whatToGive(option: Option): string {
  if ('required' in option) return 'give one';
  const { default: value } = option;
  if (value === null || value === '') return 'give such a value, or leave the option out';
  return `give such a value, or leave the option out for ${value === true ? 'on' : value === false ? 'off' : value}`;
}

function readOption(what: string, option: Option, given: unknown): unknown {
  const fail = (expected: string, near?: string): never => {
    const hint = near ? `did you mean "${near}"?` : whatToGive(option);
    const meaning = `${expected}: ${option.help}`;
    throw new AmrError({ what, got: JSON.stringify(given) ?? 'nothing', expected: meaning, hint });
  };
  if (given === undefined) return 'required' in option ? fail('a value') : option.default;
  if ('default' in option && option.default === null && (given === null || given === '')) return null;
  switch (option.type) {
    case 'integer':
    case 'real': {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = option;
      const kind = `${option.type === 'integer' ? 'a whole number' : 'a number'}${rangeOf(min, max)}`;
      if (typeof value !== 'number' || !Number.isFinite(value)) return fail(kind);
      if (option.type === 'integer' && !Number.isInteger(value)) return fail(kind);
      if (value < min || value > max) return fail(kind);
      return value;
    }
    case 'boolean':
      if (given === true || given === 'true' || given === 'on') return true;
      if (given === false || given === 'false' || given === 'off') return false;
      return fail('on or off');
    case 'choice': {
      const named = typeof given === 'string' ? spelledName(given, option.choices) : undefined;
      if (named !== undefined) return named;
      if (typeof given === 'string' && option.also?.pattern.test(given)) return given;
      const near = typeof given === 'string' ? nearestName(given, option.choices) : undefined;
      return fail(`one of ${option.choices.join(', ')}${option.also ? ` or ${option.also.words}` : ''}`, near);
    }
    case 'text':
      return typeof given === 'string' ? (spelledName(given, option.names ?? []) ?? given) : fail('text');
  }
}
