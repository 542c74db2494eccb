import { type OptionSchema, type OptionValues, readOptions } from '@agentmmrec/core';
import type { Session } from './session.js';

/** A word after the verb that is not a flag: `experiment movielens`. */
export interface Positional {
  readonly name: string;
  readonly help: string;
}

/** What a verb is made of. One file under `commands/` defines one and one line of `commands/index.ts` adds it. */
export interface CommandDefinition<S extends OptionSchema> {
  /** `train`, or two words: `data stats` */
  readonly verb: string;
  /** one line of the overview */
  readonly summary: string;
  /** further help, whole sentences */
  readonly details?: string;
  /** a command that works as written */
  readonly example: string;
  readonly options: S;
  readonly positionals?: readonly Positional[];
  /** Options that depend on what is given so far, such as those of the model named by `--model`. */
  further?(given: Readonly<Record<string, unknown>>): OptionSchema;
  /** @param further the values of the further options that were given, unread */
  run(options: OptionValues<S>, session: Session, further: Readonly<Record<string, unknown>>): Promise<void>;
}

/** A verb with its types forgotten, as the table holds it. */
export interface Command {
  readonly verb: string;
  readonly summary: string;
  readonly details: string;
  readonly example: string;
  readonly options: OptionSchema;
  readonly positionals: readonly Positional[];
  further(given: Readonly<Record<string, unknown>>): OptionSchema;
  run(given: Readonly<Record<string, unknown>>, session: Session): Promise<void>;
}

/** Keeps the option types inside, so that a table of commands needs none. */
export function defineCommand<const S extends OptionSchema>(definition: CommandDefinition<S>): Command {
  const { verb, options } = definition;
  return {
    verb,
    summary: definition.summary,
    details: definition.details ?? '',
    example: definition.example,
    options,
    positionals: definition.positionals ?? [],
    further: (given) => definition.further?.(given) ?? {},
    run(given, session) {
      const names = new Set(Object.keys(options));
      const entries = Object.entries(given);
      const own = Object.fromEntries(entries.filter(([name]) => names.has(name)));
      const further = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
      return definition.run(readOptions(verb, options, own), session, further);
    },
  };
}
