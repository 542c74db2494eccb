import { AmrError } from '@agentmmrec/core';
import { estimateTokens } from '../contract/tokens.js';
import { dataLine, dataSection, fullSystem } from './dataSection.js';
import { dataText } from './dataText.js';
import { promptTasks, type VariableKind } from './promptTasks.js';
import type { PromptTemplate } from './promptTemplate.js';

/** One line of data. Texts in it are made harmless; names of fields come from the program. */
export type DataRow = Readonly<Record<string, string | number | readonly string[] | null>>;

/** A value for a variable: a local name such as `U1`, a number, or rows of data. */
export type PromptValue = string | number | readonly DataRow[];

/** A filled template, ready to be sent. */
export interface RenderedPrompt {
  readonly system: string;
  readonly user: string;
  /** of both, by estimate */
  readonly tokens: number;
}

const LOCAL_NAME = /^[A-Z][0-9]{1,4}$/;

/**
 * Fills a template. Data stands on quoted lines, each text without line ends, semicolons, brackets or hidden characters, so that nothing in
 * it can leave its line, pass for another field or for a turn of the conversation.
 * @throws AmrError input for a missing, unknown or wrong variable; for a text over the template's budget
 */
export function renderPrompt(template: PromptTemplate, values: Readonly<Record<string, PromptValue>>): RenderedPrompt {
  const rendered = fillPrompt(template, values);
  if (rendered.tokens <= template.budget.inputTokens) return rendered;
  throw new AmrError({
    what: `prompt ${template.id}`,
    got: `about ${rendered.tokens} tokens of text`,
    expected: `at most its budget of ${template.budget.inputTokens}`,
    hint: 'show fewer neighbours or candidates, or raise inputTokens in a new version of the template',
  });
}

/** `renderPrompt` without the check of the budget, for callers that shorten data until it fits. */
export function fillPrompt(template: PromptTemplate, values: Readonly<Record<string, PromptValue>>): RenderedPrompt {
  const kinds: Readonly<Record<string, VariableKind>> = promptTasks[template.task].variables;
  for (const name of Object.keys(values)) {
    if (!(name in kinds)) throw wrong(template, name, 'an unknown variable', `one of ${Object.keys(kinds).join(', ')}`);
  }
  const filled = Object.entries(kinds).map(([name, kind]) => {
    if (values[name] === undefined) throw wrong(template, name, 'no value', `${kind} for every variable`);
    return [name, show(template, name, kind, values[name])] as const;
  });
  const shown = new Map(filled);
  const system = fullSystem(template.system);
  // One pass: braces in a value are never looked at again.
  const user = template.user.replace(/\{\{([^{}]*)\}\}/g, (_all, name: string) => shown.get(name) ?? '');
  return { system, user, tokens: estimateTokens(system) + estimateTokens(user) };
}

function show(template: PromptTemplate, name: string, kind: VariableKind, value: PromptValue): string {
  if (kind === 'rows' && Array.isArray(value)) return section(template, value as readonly DataRow[]);
  if (kind === 'number' && typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (kind === 'name' && typeof value === 'string' && LOCAL_NAME.test(value)) return value;
  const expected = { rows: 'rows of data', number: 'a number', name: 'a local name such as U1' }[kind];
  throw wrong(template, name, Array.isArray(value) ? 'rows of data' : JSON.stringify(value), expected);
}

function section({ hidesNames }: PromptTemplate, rows: readonly DataRow[]): string {
  return dataSection(rows.map((row) => dataLine(fieldsOf(hidesNames ? withoutName(row) : row))));
}

/** Small models begin their answers with whatever stands for a name before a title. */
function withoutName(row: DataRow): DataRow {
  return { ...row, name: null };
}

/** Fields as texts that harm nothing; an empty field says nothing and costs tokens. */
function fieldsOf(row: DataRow): (readonly [string, string])[] {
  const text = (value: string | number | readonly string[]) =>
    typeof value === 'number' ? String(value) : dataText(typeof value === 'string' ? value : value.join(', '));
  return Object.entries(row).flatMap(([field, value]) => {
    const shown = value === null ? '' : text(value);
    return shown === '' ? [] : [[field, shown] as const];
  });
}

function wrong(template: PromptTemplate, name: string, got: string, expected: string): AmrError {
  const hint = `see agentmmrec prompts show ${template.task}`;
  return new AmrError({ what: `prompt ${template.id}, variable "${name}"`, got, expected, hint });
}
