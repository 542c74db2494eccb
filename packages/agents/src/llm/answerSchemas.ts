// zod: one description gives the check, the type and the JSON schema that the server is held to.

import { type KnowledgeParts, libraryWhenUsed, whenUsed } from '@agentmmrec/core';
import type { AnswerSchema } from '@agentmmrec/llm';
import type * as Zod from 'zod';
import type { PromptWords } from '../reasoning/copies.js';
import { debrisOf, isTrait } from '../reasoning/debris.js';

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);

/** Bounds of an answer in characters and entries. */
interface Bounds {
  /** without marks of formats: what is refused for them after is not written at all where decoding is held to it */
  readonly plain?: boolean;
  readonly summary: number;
  readonly trait: number;
  readonly evidence?: number;
  readonly entries: number;
}

const SHORTEST_SUMMARY = 10;
const LONGEST_WORD = 24;
/** What is read, and what is asked for: servers that constrain decoding keep it, and the longest such answer fits its tokens. */
const READ: Bounds = { summary: 2500, trait: 300, entries: 6 };
const ASKED: Bounds = { plain: true, summary: 900, trait: 80, evidence: 100, entries: 5 };
/** Of the longest answer asked for, by the characters above, names of fields included. */
export const LONGEST_ANSWER_TOKENS = 600;

const strengths = ['strong', 'moderate', 'weak'] as const;
const bases = ['stated', 'inferred'] as const;

/** What no plain text has: marks of formats and templates, and what parts the fields of a row of data. */
const MARKS = '"\\\\{}<>;\\n';
/** Scripts that write no blanks between words. */
const UNSPACED = '\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff';

/** A free text, `plain` without what is refused of it after. The pattern says the lengths too: decoders that take one leave the bounds beside it out of account. */
export function written(least: number, most: number, plain = false) {
  const text = zod().string().min(least).max(most);
  return plain ? text.regex(new RegExp(`^[^${MARKS}]{${least},${most}}$`)) : text;
}

/** A few words: two at least where it is plain, for a single one is the name of a field more often than not. */
function phrase(most: number, plain = false) {
  const text = zod().string().min(1).max(most);
  const spaced = `[^${MARKS} ]{1,${LONGEST_WORD}} [^${MARKS}]{1,${most - LONGEST_WORD - 1}}`;
  return plain ? text.regex(new RegExp(`^(${spaced}|[${UNSPACED}][^${MARKS}]{0,${most - 1}})$`)) : text;
}

const evidence = ({ evidence: longest, plain }: Bounds) =>
  longest === undefined ? zod().string() : written(0, longest, plain);
const summary = (bounds: Bounds) => written(SHORTEST_SUMMARY, bounds.summary, bounds.plain);
const trait = (bounds: Bounds) => phrase(bounds.trait, bounds.plain);

const preferenceAnswer = (bounds: Bounds) => {
  const z = zod();
  return z.strictObject({
    preferences: z
      .array(
        z.strictObject({
          trait: trait(bounds),
          strength: z.enum(strengths),
          evidence: evidence(bounds),
        }),
      )
      .min(1)
      .max(bounds.entries),
    summary: summary(bounds),
  });
};

const propertyAnswer = (bounds: Bounds) => {
  const z = zod();
  return z.strictObject({
    properties: z
      .array(
        z.strictObject({
          trait: trait(bounds),
          basis: z.enum(bases),
          evidence: evidence(bounds),
        }),
      )
      .min(1)
      .max(bounds.entries),
    summary: summary(bounds),
  });
};

export type PreferenceAnswer = Zod.infer<ReturnType<typeof preferenceAnswer>>;
export type PropertyAnswer = Zod.infer<ReturnType<typeof propertyAnswer>>;

export const preferenceSchema = whenUsed(
  (): AnswerSchema<PreferenceAnswer> => ({
    name: 'preference',
    strict: preferenceAnswer(READ),
    asked: preferenceAnswer(ASKED),
  }),
);
export const propertySchema = whenUsed(
  (): AnswerSchema<PropertyAnswer> => ({
    name: 'property',
    strict: propertyAnswer(READ),
    asked: propertyAnswer(ASKED),
  }),
);

/** Local names of `count` candidates: C1, C2, ... An id of a data set means nothing to a model and never enters a prompt. */
export function candidateNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `C${at + 1}`);
}

const distinct = (names: readonly string[]) => new Set(names).size;
/** What the schema that is sent says of a list whose entries are all different. */
const ALL_DIFFERENT = { uniqueItems: true };

/**
 * Exactly `k` different names of `count` candidates. After every attempt any list of texts is passed on: the Utilizer's rule
 * drops and fills, and counts it.
 */
export function selectionSchema(count: number, k: number): AnswerSchema<{ chosen: string[] }> {
  const z = zod();
  const chosen = z
    .array(z.enum(candidateNames(count)))
    .length(k)
    .refine((names) => distinct(names) === names.length, 'names a candidate twice')
    .meta(ALL_DIFFERENT);
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
  const z = zod();
  const half = Math.ceil(count / 2);
  const names = z
    .array(z.enum(candidateNames(count)))
    .min(half)
    .max(count);
  const order = names.refine((some) => distinct(some) >= half, `names fewer than ${half} different candidates`);
  return {
    name: 'order',
    strict: z.strictObject({ order }),
    asked: z.strictObject({ order: names.meta(ALL_DIFFERENT) }),
    lenient: z.object({ order: z.array(z.string()) }),
  };
}

const updateAnswers = new Map<string, AnswerSchema<Record<string, string>>>();

/** The parts that the entry has, each complete, under their names, and `changes`: what changed and why. */
export function updateSchema(current: KnowledgeParts): AnswerSchema<Record<string, string>> {
  const names = (['text', 'visual', 'crossModal'] as const).filter((name) => current[name] !== null);
  const key = names.join();
  const known = updateAnswers.get(key);
  if (known) return known;
  const z = zod();
  const form = (bounds: Bounds) => {
    const fields = Object.fromEntries(names.map((name) => [name, summary(bounds)] as const));
    return z.strictObject({ ...fields, changes: bounds === ASKED ? z.string().max(300) : z.string() });
  };
  const schema: AnswerSchema<Record<string, string>> = { name: 'update', strict: form(READ), asked: form(ASKED) };
  updateAnswers.set(key, schema);
  return schema;
}

/** A text of an answer and its traits by groups, as they are judged, stored and encoded. Evidence names prompt items and stays behind. */
export interface PartText {
  readonly summary: string;
  readonly groups: readonly (readonly [name: string, traits: readonly string[]])[];
}

/** The summary, then the traits by strength. */
export function preferencePart({ summary, preferences }: PreferenceAnswer): PartText {
  const groups = strengths.map(
    (strength) => [strength, preferences.filter((one) => one.strength === strength).map(({ trait }) => trait)] as const,
  );
  return { summary, groups };
}

/** The summary, then what is stated and what is inferred. */
export function propertyPart({ summary, properties }: PropertyAnswer): PartText {
  const groups = bases.map(
    (basis) => [basis, properties.filter((one) => one.basis === basis).map(({ trait }) => trait)] as const,
  );
  return { summary, groups };
}

/** What makes a part debris, or null: its summary must say something, and one trait at least. */
export function debrisOfPart({ summary, groups }: PartText, asked: PromptWords): string | null {
  const problem = debrisOf(summary, asked);
  if (problem !== null) return `at summary: ${problem}`;
  const traits = groups.flatMap(([, group]) => group);
  return traits.some((one) => isTrait(one, asked)) ? null : 'no trait says anything about the data';
}

/** A part as it is stored: traits that say nothing are left out. */
export function writtenPart({ summary, groups }: PartText, asked: PromptWords): string {
  const told = groups
    .map(([name, traits]) => [name, traits.filter((one) => isTrait(one, asked))] as const)
    .filter(([, traits]) => traits.length > 0)
    .map(([name, traits]) => ` ${labelOf(name)}: ${traits.map((t) => t.trim()).join('; ')}.`);
  return summary.trim() + told.join('');
}

function labelOf(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}

const labels = new RegExp(` (?:${[...strengths, ...bases].map(labelOf).join('|')}): `, 'g');

/** A part without the names of its groups, which stand in every entry alike. */
export function withoutLabels(text: string): string {
  return text.replace(labels, ' ');
}
