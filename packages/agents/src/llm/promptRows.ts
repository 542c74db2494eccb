import type { KnowledgeParts } from '@agentmmrec/core';
import type { ItemContent } from '@agentmmrec/datasets';
import { type DataRow, dataText } from '@agentmmrec/llm';
import type { ItemView } from '../reasoning/reasoner.js';

/** Most UTF-8 bytes of each field in a prompt, before a share is taken of them. */
interface FieldBytes {
  readonly title: number;
  readonly brand: number;
  readonly categories: number;
  readonly description: number;
}

/** The item a prompt is about, an item of a user, a co-purchased one, and one of many candidates. */
export const targetBytes: FieldBytes = { title: 300, brand: 60, categories: 200, description: 1500 };
export const neighbourBytes: FieldBytes = { title: 200, brand: 60, categories: 160, description: 700 };
export const contextBytes: FieldBytes = { title: 200, brand: 60, categories: 160, description: 400 };
export const candidateBytes: FieldBytes = { title: 120, brand: 40, categories: 80, description: 0 };

const SHORTEST = 24;

/** A limit reduced to a share of it; never so far that nothing readable is left. */
export function shared(bytes: number, share: number): number {
  return bytes === 0 ? 0 : Math.max(SHORTEST, Math.floor(bytes * share));
}

/** An item's text as a row of data. */
export function itemRow(name: string, content: ItemContent, limits: FieldBytes, share: number): DataRow {
  const { title, brand, description } = content;
  return {
    name,
    title: dataText(title, shared(limits.title, share)),
    brand: dataText(brand, shared(limits.brand, share)),
    categories: dataText(content.categories.join(', '), shared(limits.categories, share)),
    description: limits.description === 0 ? null : dataText(description, shared(limits.description, share)),
  };
}

/** An item of which a task sees the picture only. */
export function nameRow(name: string): DataRow {
  return { name };
}

/** Knowledge as a row of data; absent parts are absent. */
export function partsRow(
  name: string | null,
  parts: KnowledgeParts,
  bytesPerPart: number,
  more: DataRow = {},
): DataRow {
  const clip = (part: string | null) => (part === null ? null : dataText(part, bytesPerPart));
  return { name, text: clip(parts.text), visual: clip(parts.visual), crossModal: clip(parts.crossModal), ...more };
}

/** Local names P1, P2, ... of the items of a prompt. */
export function numbered(items: readonly ItemView[]): (ItemView & { readonly name: string })[] {
  return items.map((view, at) => ({ ...view, name: `P${at + 1}` }));
}
