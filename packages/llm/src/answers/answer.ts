import { canonicalJson, libraryWhenUsed } from '@agentmmrec/core';
import type * as Zod from 'zod';
import { endsInBlanks } from '../contract/blankAnswers.js';
import type { AnswerSchema } from '../contract/contract.js';
import { findJson, isCutOff } from './findJson.js';
import { fitSchema, type Repairs, type Shape } from './fitSchema.js';

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);

/** An answer that has the asked form, or what is wrong with it, in words a model can act on. */
export type ReadAnswer<T> =
  | {
      readonly ok: true;
      readonly object: T;
      /** what was mended in reading, each one sentence; empty for an answer as asked */
      readonly repairs: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

const ISSUES_TOLD = 4;

/**
 * Reads an answer against the strict schema, and what the caller asks of its content. What is unambiguous is read, whatever
 * stands around it and however it is spelled, and said; two different values that would both do are not.
 */
export function readAnswer<T>(text: string, finish: 'stop' | 'length', schema: AnswerSchema<T>): ReadAnswer<T> {
  const shape = toJsonSchema(schema.strict) as Shape;
  const problems: string[] = [];
  const read = new Map<string, { object: T; repairs: readonly string[] }>();
  for (const { value, repairs } of finish === 'length' && endsWithIt(text) ? [] : findJson(text, finish === 'stop')) {
    const mended: Repairs = new Set(repairs);
    const one = check(fitSchema(value, shape, mended), schema);
    if (one.ok) read.set(canonicalJson(one.object), { object: one.object, repairs: [...mended] });
    else problems.push(one.problem);
  }
  if (read.size > 1) return { ok: false, problem: 'it held several different answers' };
  for (const { object, repairs } of read.values()) return { ok: true, object, repairs };
  return { ok: false, problem: problemOf(text, finish, problems) };
}

/** Reads an answer against the lenient schema; null when there is none or it does not hold either. */
export function readLenient<T>(text: string, schema: AnswerSchema<T>): { readonly object: T } | null {
  const { lenient } = schema;
  if (!lenient) return null;
  const shape = toJsonSchema(schema.strict) as Shape;
  for (const { value } of findJson(text)) {
    const parsed = lenient.safeParse(fitSchema(value, shape, new Set()));
    if (parsed.success) return { object: parsed.data };
  }
  return null;
}

/** Whether a text ends where its JSON does: at the length limit nobody knows then whether more was to come. */
function endsWithIt(text: string): boolean {
  return /[\]}]\s{0,8}$/.test(text) || !/[\]}]/.test(text);
}

function check<T>(value: unknown, schema: AnswerSchema<T>): { ok: true; object: T } | { ok: false; problem: string } {
  const parsed = schema.strict.safeParse(value);
  if (!parsed.success) {
    const told = parsed.error.issues.slice(0, ISSUES_TOLD).map((issue) => {
      const path = issue.path.join('.');
      return path === '' ? issue.message : `at ${path}: ${issue.message}`;
    });
    return { ok: false, problem: told.join('; ') };
  }
  const problem = schema.content?.(parsed.data) ?? null;
  return problem === null ? { ok: true, object: parsed.data } : { ok: false, problem };
}

function problemOf(text: string, finish: 'stop' | 'length', problems: readonly string[]): string {
  if (endsInBlanks(text, finish)) return 'it was blanks until the length limit';
  if (finish === 'length' || isCutOff(text)) return 'it was cut off at the length limit; be much shorter';
  if (problems.length > 0) return problems[problems.length - 1];
  if (text.trim() === '') return 'it was empty';
  return refusal.test(text)
    ? 'it was not one valid JSON value but a refusal in words'
    : 'it was not one valid JSON value';
}

/** How models begin to say that they will not answer. */
const refusal =
  /^\W*(?:(?:i['\u2019]?m|i am|we['\u2019]?re) (?:so )?(?:sorry|unable)|sorry\b|(?:i|we) (?:can(?:not|['\u2019]?t)|won['\u2019]?t|am not able)|as an ai\b|unfortunately\b|i apologi[sz]e)/i;

const converted = new WeakMap<Zod.ZodType, Readonly<Record<string, unknown>>>();

/** The JSON schema sent to a server: draft 2020-12 without its address. Every bound of the check stands in it. */
export function jsonSchemaOf<T>({ strict, asked, begins = [] }: AnswerSchema<T>): Readonly<Record<string, unknown>> {
  const schema = toJsonSchema(asked ?? strict);
  return begins.length === 0 ? schema : begun(schema, begins);
}

/** A schema whose texts of a length begin with one of some phrases; the longest text stays as long. */
function begun(
  schema: Readonly<Record<string, unknown>>,
  begins: readonly string[],
): Readonly<Record<string, unknown>> {
  const room = 1 + Math.max(...begins.map((one) => one.length));
  const fields = Object.entries(schema.properties as Record<string, Readonly<Record<string, unknown>>>).map(
    ([name, field]) => {
      const [, set, least, most] = /^\^(\[\^.*\])\{(\d+),(\d+)\}\$$/.exec(String(field.pattern ?? '')) ?? [];
      if (set === undefined) return [name, field] as const;
      const pattern = `^(${begins.join('|')}) ${set}{${least},${Number(most) - room}}$`;
      return [name, { ...field, pattern }] as const;
    },
  );
  return { ...schema, properties: Object.fromEntries(fields) };
}

function toJsonSchema(type: Zod.ZodType): Readonly<Record<string, unknown>> {
  const known = converted.get(type);
  if (known) return known;
  const { $schema: _address, ...rest } = zod().toJSONSchema(type, { target: 'draft-2020-12' });
  converted.set(type, rest);
  return rest;
}
