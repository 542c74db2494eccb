// yaml: front matter is YAML to every editor; a reader of our own would accept other things than they show.

import { AmrError, digest, libraryWhenUsed, nearestName, whenUsed } from '@agentmmrec/core';
import type * as Yaml from 'yaml';
import type * as Zod from 'zod';
import { estimateTokens } from '../contract/tokens.js';
import { dataSection, fullSystem } from './dataSection.js';
import { type PromptTaskName, promptTaskNames, promptTasks, type VariableKind } from './promptTasks.js';

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);
const yaml = libraryWhenUsed<typeof Yaml>('yaml', import.meta.url);

/** Limits of one call with a template. */
export interface PromptBudget {
  /** the most the rendered text may have, by estimate, pictures apart */
  readonly inputTokens: number;
  /** where the answer is cut off */
  readonly outputTokens: number;
  /** what an answer has as a rule, for planning */
  readonly expectedOutputTokens: number;
  /** the most pictures shown */
  readonly images: number;
}

/** A checked template. */
export interface PromptTemplate {
  readonly task: PromptTaskName;
  /** `integrator/preference-text@1`, with the family in between when it is not the default */
  readonly id: string;
  readonly family: string;
  readonly version: number;
  readonly variables: readonly string[];
  readonly budget: PromptBudget;
  /** true where rows of data go without their local names: small models take those for what an answer is about */
  readonly hidesNames: boolean;
  /** how texts of an answer begin, where decoding is held to a schema: small models go on with the data else; empty: as they like */
  readonly begins: readonly string[];
  /** fixed text, the same for every call: servers keep its beginning */
  readonly system: string;
  /** text with `{{variable}}` in it */
  readonly user: string;
  /** all but the data: fixed text, the rule about data */
  readonly instructions: string;
  /** tokens of all but the data by estimate: fixed text, the rule about data */
  readonly fixedTokens: number;
  /** digest of the whole template; changes when a letter does */
  readonly hash: string;
}

const frontMatter = whenUsed(() => {
  const z = zod();
  const count = z.number().int().nonnegative();
  return z.strictObject({
    id: z.string(),
    version: count.min(1),
    family: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
    variables: z.array(z.string()),
    output: z.string(),
    names: z.enum(['shown', 'hidden']).default('shown'),
    begins: z.array(z.string().regex(/^[A-Za-z][A-Za-z ]{0,30}$/)).default([]),
    budget: z.strictObject({
      inputTokens: count,
      outputTokens: count.min(1),
      expectedOutputTokens: count,
      images: count,
    }),
  });
});
type FrontMatter = Zod.infer<ReturnType<typeof frontMatter>>;

/** Answers that name nobody. */
const nameless: ReadonlySet<string> = new Set(['preference', 'property', 'update']);

/** The wording that is used where none is named. */
export const DEFAULT_FAMILY = 'default';
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/**
 * Reads and checks one template file.
 * @param path relative to the prompts folder: `integrator/preference-text.v1.md`; must agree with the front matter
 * @throws AmrError input, with the file and what is wrong in it
 */
export function parseTemplate(path: string, text: string): PromptTemplate {
  const unix = text.replaceAll('\r\n', '\n');
  const match = /^---\n([\s\S]*?)\n---\n# System\n([\s\S]*?)\n# User\n([\s\S]*)$/.exec(unix);
  if (!match) {
    throw problem(path, 'another layout', 'front matter between --- lines, then "# System" and "# User"');
  }
  const front = readFrontMatter(path, match[1]);
  const task = taskOf(path, front);
  const [system, user] = [match[2].trim(), match[3].trim()];
  checkVariables(path, task, front.variables, system, user);
  const middle = front.family === DEFAULT_FAMILY ? '' : `.${front.family}`;
  return {
    task,
    id: `${front.id}${middle}@${front.version}`,
    family: front.family,
    version: front.version,
    variables: front.variables,
    budget: front.budget,
    hidesNames: front.names === 'hidden',
    begins: front.begins,
    system,
    user,
    instructions: `${fullSystem(system)}\n${emptied(task, user)}`,
    fixedTokens: estimateTokens(fullSystem(system)) + estimateTokens(emptied(task, user)),
    hash: digest(unix),
  };
}

/** The user text with no data in it. */
function emptied(task: PromptTaskName, user: string): string {
  const kinds: Readonly<Record<string, VariableKind>> = promptTasks[task].variables;
  return user.replace(PLACEHOLDER, (_all, name: string) => (kinds[name] === 'rows' ? dataSection([]) : ''));
}

function readFrontMatter(path: string, text: string): FrontMatter {
  let value: unknown;
  try {
    value = yaml().parse(text);
  } catch (cause) {
    throw problem(
      path,
      `front matter that is not YAML (${cause instanceof Error ? cause.message.split('\n')[0] : ''})`,
      'YAML',
    );
  }
  const read = frontMatter().safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw problem(
    path,
    `front matter with ${issue.path.join('.') || 'fields'}: ${issue.message}`,
    'every field, well formed',
  );
}

function taskOf(path: string, front: FrontMatter): PromptTaskName {
  const name = front.id.split('/').at(-1) ?? '';
  const task = promptTaskNames.find((known) => known === name);
  if (!task) {
    const near = nearestName(name, promptTaskNames);
    throw problem(path, `id ${front.id}`, `one of ${promptTaskNames.join(', ')}`, near && `did you mean "${near}"?`);
  }
  const { role, output, images } = promptTasks[task];
  if (front.id !== `${role}/${task}`) throw problem(path, `id ${front.id}`, `${role}/${task}`);
  const middle = front.family === DEFAULT_FAMILY ? '' : `.${front.family}`;
  const expected = `${front.id}${middle}.v${front.version}.md`;
  if (path !== expected) throw problem(path, 'a file name that differs from its front matter', expected);
  if (front.output !== output) throw problem(path, `output ${front.output}`, output);
  if (!images && front.budget.images > 0) throw problem(path, `${front.budget.images} images`, 'none for this task');
  if (front.names === 'hidden' && (front.budget.images > 0 || !nameless.has(output)))
    throw problem(path, 'hidden names', 'names that pictures and lists of candidates are told by');
  return task;
}

/** Placeholders, front matter and task must name the same variables, and the fixed text must come first. */
function checkVariables(
  path: string,
  task: PromptTaskName,
  declared: readonly string[],
  system: string,
  user: string,
): void {
  const known = Object.keys(promptTasks[task].variables);
  const used = [...user.matchAll(PLACEHOLDER)].map((match) => match[1]);
  if (/\{\{|\}\}/.test(system)) {
    throw problem(
      path,
      'a variable in "# System"',
      'variables in "# User" only: fixed text comes first, data after it',
    );
  }
  for (const [names, where] of [[used, 'the text uses'] as const, [declared, 'the front matter declares'] as const]) {
    for (const name of names) {
      if (known.includes(name)) continue;
      const near = nearestName(name, known);
      throw problem(
        path,
        `${where} the unknown variable "${name}"`,
        known.join(', '),
        near && `did you mean "${near}"?`,
      );
    }
    const missing = known.find((name) => !names.includes(name));
    if (missing) throw problem(path, `no variable "${missing}" in what ${where}`, known.join(', '));
  }
  const lines = user.split('\n');
  for (const [name, kind] of Object.entries(promptTasks[task].variables)) {
    if (kind !== 'rows' || lines.includes(`{{${name}}}`)) continue;
    throw problem(path, `the variable "${name}" inside a line`, 'rows of data on a line of their own');
  }
  const twice = used.find((name, at) => used.indexOf(name) !== at);
  if (twice) throw problem(path, `the variable "${twice}" twice`, 'each once');
  if (/\{\{|\}\}/.test(user.replace(PLACEHOLDER, '')))
    throw problem(path, 'a lone {{ or }}', 'braces round variables only');
}

function problem(path: string, got: string, expected: string, hint?: string): AmrError {
  return new AmrError({
    what: `prompt ${path}`,
    got,
    expected,
    hint: hint || 'agentmmrec prompts check lists all problems',
  });
}
