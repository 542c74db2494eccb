// zod: one description gives the check, the type and the JSON schema that the server is held to.

import type { KnowledgeParts } from '@agentmmrec/core';
import type { AnswerSchema } from '@agentmmrec/llm';
import { z } from 'zod';

const LONGEST_SUMMARY = 2500;
const LONGEST_TRAIT = 300;

// Lengths are checked here and not in the JSON schema: as grammar they are slow, and not every server knows them.
const words = (longest: number) =>
  z
    .string()
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => text.length <= longest, `must have at most ${longest} characters`);

const preferenceAnswer = z.strictObject({
  preferences: z
    .array(
      z.strictObject({
        trait: words(LONGEST_TRAIT),
        strength: z.enum(['strong', 'moderate', 'weak']),
        evidence: z.string(),
      }),
    )
    .min(1)
    .max(6),
  summary: words(LONGEST_SUMMARY),
});

const propertyAnswer = z.strictObject({
  properties: z
    .array(z.strictObject({ trait: words(LONGEST_TRAIT), basis: z.enum(['stated', 'inferred']), evidence: z.string() }))
    .min(1)
    .max(6),
  summary: words(LONGEST_SUMMARY),
});

export const preferenceSchema: AnswerSchema<z.infer<typeof preferenceAnswer>> = {
  name: 'preference',
  strict: preferenceAnswer,
};
export const propertySchema: AnswerSchema<z.infer<typeof propertyAnswer>> = {
  name: 'property',
  strict: propertyAnswer,
};

/** Local names of `count` candidates: C1, C2, ... An id of a data set means nothing to a model and never enters a prompt. */
export function candidateNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `C${at + 1}`);
}

const distinct = (names: readonly string[]) => new Set(names).size;

/**
 * Exactly `k` different names of `count` candidates. After every attempt any list of texts is passed on: the Utilizer's rule
 * drops and fills, and counts it.
 */
export function selectionSchema(count: number, k: number): AnswerSchema<{ chosen: string[] }> {
  const chosen = z
    .array(z.enum(candidateNames(count)))
    .length(k)
    .refine((names) => distinct(names) === names.length, 'names a candidate twice');
  return {
    name: 'selection',
    strict: z.strictObject({ chosen }),
    lenient: z.object({ chosen: z.array(z.string()) }),
  };
}

/**
 * An order of `count` candidates. One that forgets or repeats some is passed on, for the Utilizer appends and counts them: asking
 * again would cost a whole call for what the rule mends; one that holds less than half of them is asked again.
 */
export function orderSchema(count: number): AnswerSchema<{ order: string[] }> {
  const half = Math.ceil(count / 2);
  const order = z
    .array(z.enum(candidateNames(count)))
    .min(half)
    .max(count)
    .refine((names) => distinct(names) >= half, `names fewer than ${half} different candidates`);
  return { name: 'order', strict: z.strictObject({ order }), lenient: z.object({ order: z.array(z.string()) }) };
}

const part = words(LONGEST_SUMMARY);
const updateAnswers = new Map<string, AnswerSchema<Record<string, string>>>();

/** The parts that the entry has, each complete, under their names, and `changes`: what changed and why. */
export function updateSchema(current: KnowledgeParts): AnswerSchema<Record<string, string>> {
  const names = (['text', 'visual', 'crossModal'] as const).filter((name) => current[name] !== null);
  const key = names.join();
  const known = updateAnswers.get(key);
  if (known) return known;
  const fields: Record<string, z.ZodType<string>> = Object.fromEntries(names.map((name) => [name, part] as const));
  const schema = { name: 'update', strict: z.strictObject({ ...fields, changes: z.string() }) };
  updateAnswers.set(key, schema);
  return schema;
}

/** A part as it is stored and encoded: the summary, then the traits by strength. Evidence names prompt items and stays behind. */
export function preferenceText({ summary, preferences }: z.infer<typeof preferenceAnswer>): string {
  const groups = (['strong', 'moderate', 'weak'] as const).map(
    (strength) => [strength, preferences.filter((one) => one.strength === strength).map(({ trait }) => trait)] as const,
  );
  return written(summary, groups);
}

/** A part as it is stored and encoded: the summary, then what is stated and what is inferred. */
export function propertyText({ summary, properties }: z.infer<typeof propertyAnswer>): string {
  const groups = (['stated', 'inferred'] as const).map(
    (basis) => [basis, properties.filter((one) => one.basis === basis).map(({ trait }) => trait)] as const,
  );
  return written(summary, groups);
}

function written(summary: string, groups: readonly (readonly [string, readonly string[]])[]): string {
  const told = groups
    .filter(([, traits]) => traits.length > 0)
    .map(([name, traits]) => ` ${name[0].toUpperCase()}${name.slice(1)}: ${traits.map((t) => t.trim()).join('; ')}.`);
  return summary.trim() + told.join('');
}
