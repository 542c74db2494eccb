import type { KnowledgeParts } from '@agentmmrec/core';
import type { ItemContent } from '@agentmmrec/datasets';
import type { ModalityTask, Reasoner } from './reasoner.js';

/** Which part of an entry a task writes. */
export const partOfTask = { text: 'text', visual: 'visual', multimodal: 'crossModal' } as const;
/** The three questions about one entity, in their order. */
export const modalityTasks = ['text', 'visual', 'multimodal'] as const;

/** An entry without any part. */
export const noParts: KnowledgeParts = { text: null, visual: null, crossModal: null };

/** Whether the item has what the task looks at. What is missing is not shown and never invented. */
export function shows(content: ItemContent, task: ModalityTask): boolean {
  const { title, brand, categories, description, imagePath, lookWords = [] } = content;
  const text = title !== '' || brand !== '' || categories.length > 0 || description !== '';
  const image = imagePath !== null || lookWords.length > 0;
  if (task === 'text') return text;
  return task === 'visual' ? image : text && image;
}

/** The tasks a reasoner can be given: a text-only model gets no visual one. */
export function tasksOf(reasoner: Pick<Reasoner, 'seesImages'>): readonly ModalityTask[] {
  return reasoner.seesImages ? modalityTasks : ['text'];
}

/** Whether an entry has no part at all. */
export function isEmpty(parts: KnowledgeParts): boolean {
  return parts.text === null && parts.visual === null && parts.crossModal === null;
}
