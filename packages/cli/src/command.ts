import { type OptionSchema, type OptionValues, readOptions } from '@agentmmrec/core';
import type { Session } from './session/session.js';

/** A word after the verb that is not a flag: `experiment movielens`. */
export interface Positional {
  readonly name: string;
  readonly help: string;
}

/** A verb as the overview knows it. */
export interface Verb {
  /** `train`, or two words: `data stats` */
  readonly verb: string;
  /** one line of the overview */
  readonly summary: string;
  /** what it is made of */
  load(): Promise<CommandBody>;
}

/** `keeps` makes the workspace, `looks` only uses one that is there, `alone` needs it for itself and says so by its own lock. */
export type WorkspaceUse = 'keeps' | 'looks' | 'alone';

/** What a verb is made of. One file under `commands/` defines one and one line of `commands/index.ts` adds it. */
export interface CommandDefinition<S extends OptionSchema> {
  /** further help, whole sentences */
  readonly details?: string;
  /** a command that works as written */
  readonly example: string;
  readonly options: S;
  /** how it uses the workspace; default: it keeps what it makes there */
  readonly workspace?: WorkspaceUse;
  /** what the first Ctrl-C does, said when it comes; default: the step that is under way ends first */
  readonly stopping?: string;
  readonly positionals?: readonly Positional[];
  /** Options that depend on what is given so far, such as those of the model named by `--model`. */
  further?(
    given: Readonly<Record<string, unknown>>,
    positionals: Readonly<Record<string, string | undefined>>,
  ): OptionSchema;
  /** @param further the values of the further options that were given, unread */
  run(options: OptionValues<S>, session: Session, further: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What a verb is made of, its types forgotten. */
export interface CommandBody {
  readonly details: string;
  readonly example: string;
  readonly options: OptionSchema;
  readonly workspace: WorkspaceUse;
  readonly stopping: string;
  readonly positionals: readonly Positional[];
  further(
    given: Readonly<Record<string, unknown>>,
    positionals: Readonly<Record<string, string | undefined>>,
  ): OptionSchema;
  run(given: Readonly<Record<string, unknown>>, session: Session): Promise<void>;
}

/** A verb with all that it is made of. */
export interface Command extends Omit<Verb, 'load'>, CommandBody {}

export async function loadCommand({ verb, summary, load }: Verb): Promise<Command> {
  return { verb, summary, ...(await load()) };
}

/** Keeps the option types inside, so that a table of commands needs none. */
export function defineCommand<const S extends OptionSchema>(definition: CommandDefinition<S>): CommandBody {
  const { options } = definition;
  return {
    details: definition.details ?? '',
    example: definition.example,
    options,
    workspace: definition.workspace ?? 'keeps',
    stopping: definition.stopping ?? 'the step that is under way ends first, with its saving',
    positionals: definition.positionals ?? [],
    further: (given, positionals) => definition.further?.(given, positionals) ?? {},
    run(given, session) {
      const names = new Set(Object.keys(options));
      const entries = Object.entries(given);
      const own = Object.fromEntries(entries.filter(([name]) => names.has(name)));
      const further = Object.fromEntries(entries.filter(([name]) => !names.has(name)));
      return definition.run(readOptions(session.verb, options, own), session, further);
    },
  };
}
