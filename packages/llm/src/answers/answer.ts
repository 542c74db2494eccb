import { z } from 'zod';
import type { AnswerSchema } from '../contract/contract.js';

/** An answer that has the asked form, or what is wrong with it, in words a model can act on. */
export type ReadAnswer<T> =
  | { readonly ok: true; readonly object: T }
  | { readonly ok: false; readonly problem: string };

const ISSUES_TOLD = 4;

/** Reads an answer against the strict schema. A code fence round the JSON is taken off: some servers let models write one. */
export function readAnswer<T>(text: string, finish: 'stop' | 'length', schema: AnswerSchema<T>): ReadAnswer<T> {
  if (finish === 'length') return { ok: false, problem: 'it was cut off at the length limit; be much shorter' };
  return readWith(text, schema.strict);
}

/** Reads an answer against the lenient schema; null when there is none or it does not hold either. */
export function readLenient<T>(text: string, schema: AnswerSchema<T>): { readonly object: T } | null {
  if (!schema.lenient) return null;
  const read = readWith(text, schema.lenient);
  return read.ok ? { object: read.object } : null;
}

function readWith<T>(text: string, schema: z.ZodType<T>): ReadAnswer<T> {
  let value: unknown;
  try {
    value = JSON.parse(withoutFence(text));
  } catch {
    return { ok: false, problem: text.trim() === '' ? 'it was empty' : 'it was not one valid JSON value' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, object: parsed.data };
  const told = parsed.error.issues.slice(0, ISSUES_TOLD).map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `at ${path}: ${issue.message}`;
  });
  return { ok: false, problem: told.join('; ') };
}

function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text;
}

const converted = new WeakMap<object, Record<string, unknown>>();

/** The JSON schema sent to a server: draft 2020-12 without its address. Checks that are not structure stay with zod. */
export function jsonSchemaOf(schema: AnswerSchema<unknown>): Readonly<Record<string, unknown>> {
  const known = converted.get(schema.strict);
  if (known) return known;
  const { $schema: _address, ...rest } = z.toJSONSchema(schema.strict, { target: 'draft-2020-12' });
  converted.set(schema.strict, rest);
  return rest;
}
