import type { KnowledgeParts, Matrix } from '@agentmmrec/core';
import { encodeKnowledge, type KnowledgeEncoding, type TextEncoder } from '@agentmmrec/encoders';
import { withoutMarks } from '../extractive/weightedText.js';
import { withoutLabels } from '../llm/answerSchemas.js';

/**
 * Embeddings of entries (eq. 4 and 9): `encodeKnowledge` of what they say, without the words and marks that every entry has by its form and
 * that only make entries more alike.
 * @returns [entries, encoder.width] float32: unit rows, zero for an entry without parts; owned by the caller
 */
export async function embedEntries(
  entries: readonly KnowledgeParts[],
  encoder: TextEncoder,
  encoding: KnowledgeEncoding,
): Promise<Matrix> {
  return await encodeKnowledge(entries.map(meaningOf), encoder, encoding);
}

function meaningOf({ text, visual, crossModal }: KnowledgeParts): KnowledgeParts {
  const said = (part: string | null) => (part === null ? null : withoutMarks(withoutLabels(part)).trim());
  return { text: said(text), visual: said(visual), crossModal: said(crossModal) };
}
