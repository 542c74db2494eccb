import type { Reasons } from './recommendations.js';

/** Names of parts of a score as people read them. */
const partNames: Readonly<Record<string, string>> = {
  own: 'the user and the item themselves',
  model: 'the model itself',
  bmu: 'users with like preferences',
  bmi: 'items with like properties',
  rti: 'the refined item graph',
  linear: 'the linear item-item part',
};

/** The name of a part of a score in words. */
function partName(name: string): string {
  return partNames[name] ?? name;
}

/** Reasons in sentences, the strongest first; empty when nothing can be said. */
export function whySentences({ parts, sharedTerms, boughtWith }: Reasons): string[] {
  const sentences: string[] = [];
  const terms = sharedTerms
    ? [...sharedTerms.text, ...sharedTerms.visual, ...sharedTerms.crossModal]
        .sort((a, b) => b.strength - a.strength)
        .map(({ term }) => term)
    : [];
  const words = [...new Set(terms)].slice(0, 5);
  if (words.length > 0) sentences.push(`liked and present: ${words.join(', ')}`);
  if (boughtWith.length > 0) {
    const named = boughtWith.map(({ item, buyers }) => `${item.title || `item ${item.id}`} (${buyers} in common)`);
    sentences.push(`shares buyers with ${named.join(', ')}`);
  }
  const told = (parts ?? []).filter(({ value }) => Math.abs(value) > 1e-6);
  if (told.length > 1) {
    const sorted = told.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
    sentences.push(
      `score: ${sorted.map(({ name, value }) => `${partName(name)} ${value >= 0 ? '+' : ''}${value.toFixed(3)}`).join(', ')}`,
    );
  }
  return sentences;
}
