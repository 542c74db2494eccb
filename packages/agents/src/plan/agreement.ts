import { wordsOf } from '../reasoning/copies.js';

/**
 * How far two answers to one question agree, 0 to 1: of texts the share of words in common (Jaccard), of orders of the same names the
 * share of pairs that stand in the same order, of selections the share of names in common.
 */
export function agreementOf(one: unknown, other: unknown): number {
  if (Array.isArray(one) && Array.isArray(other)) return listAgreement(one, other);
  return jaccard(wordsOf(textOf(one)), wordsOf(textOf(other)));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.values(value as Record<string, unknown>)
    .map((part) => part ?? '')
    .join(' ');
}

function listAgreement(one: readonly unknown[], other: readonly unknown[]): number {
  const shared = one.filter((id) => other.includes(id));
  const isOrder = shared.length === one.length && shared.length === other.length && shared.length > 1;
  return isOrder ? pairsInOrder(one, other) : jaccard(one, other);
}

function pairsInOrder(one: readonly unknown[], other: readonly unknown[]): number {
  const places = one.map((id) => other.indexOf(id));
  let [pairs, same] = [0, 0];
  for (let later = 1; later < places.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      pairs++;
      if (places[earlier] < places[later]) same++;
    }
  }
  return same / pairs;
}

function jaccard(one: readonly unknown[], other: readonly unknown[]): number {
  const [a, b] = [new Set(one), new Set(other)];
  const shared = [...a].filter((value) => b.has(value)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}
