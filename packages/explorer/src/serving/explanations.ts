import { legibleTerm, readTerms } from '@agentmmrec/agents';
import { type KnowledgeParts, matrixRow } from '@agentmmrec/core';
import type { KnowledgeView } from '@agentmmrec/memory';
import type { BuiltModel, ScorePart } from '@agentmmrec/models';

/** One named part of a score. */
export interface PartOfScore {
  readonly name: string;
  readonly value: number;
}

/** Words that a preference and a property share, by part of the entries, strongest first. */
export type SharedTerms = Readonly<
  Record<keyof KnowledgeParts, readonly { readonly term: string; readonly strength: number }[]>
>;

/** What a run says of a user and an item. */
export interface Explanations {
  /** Where the score of an item comes from; null for a model that gives scores whole. */
  partsOf(user: number, item: number): PartOfScore[] | null;
  /** What a user likes and an item is, in the same words; null without knowledge of one of them. */
  sharedTerms(user: number, item: number): SharedTerms | null;
}

const SHARED_TERMS = 8;

/** Explanations by a model that is opened whole: its parts are made at the first question. */
export class ModelExplanations implements Explanations {
  private parts: ScorePart[] | null | undefined;

  constructor(
    private readonly model: BuiltModel,
    /** the knowledge that reranks; null without */
    private readonly knowledge: KnowledgeView | null,
  ) {}

  partsOf(user: number, item: number): PartOfScore[] | null {
    if (this.parts === undefined) this.parts = this.model.scoreParts();
    return (
      this.parts?.map(({ name, users, items }) => ({
        name,
        value: innerProduct(matrixRow(users, user), matrixRow(items, item)),
      })) ?? null
    );
  }

  sharedTerms(user: number, item: number): SharedTerms | null {
    return this.knowledge && sharedTermsOf(this.knowledge, user, item);
  }
}

/** Null without knowledge of one of them. */
export function sharedTermsOf(knowledge: KnowledgeView, user: number, item: number): SharedTerms | null {
  const preference = knowledge.get('preference', user)?.parts;
  const property = knowledge.get('property', item)?.parts;
  if (!preference || !property) return null;
  const shared = (part: keyof KnowledgeParts) => {
    const has = readTerms(property[part] ?? '');
    return [...readTerms(preference[part] ?? '')]
      .filter(([term]) => has.has(term) && term.length > 2)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, SHARED_TERMS)
      .map(([term, strength]) => ({ term: legibleTerm(term), strength }));
  };
  return { text: shared('text'), visual: shared('visual'), crossModal: shared('crossModal') };
}

export function innerProduct(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}
