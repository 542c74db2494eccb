import { cleanText, type KnowledgeParts } from '@agentmmrec/core';

/** The texts of an entry as they come in, from an answer or another memory: SQLite would end one at a zero character. */
export function cleanParts({ text, visual, crossModal }: KnowledgeParts): KnowledgeParts {
  const clean = (part: string | null) => (part === null ? null : cleanText(part));
  return { text: clean(text), visual: clean(visual), crossModal: clean(crossModal) };
}
