import { type ClientOptions, connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { LlmReasoner, type LlmReasonerOptions } from '../llm/llmReasoner.js';
import type { ItemView, RefinementInput } from '../reasoning/reasoner.js';

export const prompts = promptCatalog();
export const call = { seed: 4_000_000_000 };
/** A reasoner that asks the server at `host`, and its client. */
export async function reasonerOf(
  host: string,
  changes: Partial<LlmReasonerOptions>,
  client: Partial<ClientOptions> & { contextLength?: number } = {},
) {
  const { contextLength = 16384, ...options } = client;
  const llmClient = await connectLlm({ servers: [createOllama({ host, contextLength })], ...options });
  return { llm: new LlmReasoner({ client: llmClient, prompts, ...changes }), client: llmClient };
}

/** An item with texts alone, unless `content` says more. */
export function item(id: number, content: Partial<ItemView['content']> = {}): ItemView {
  const empty = {
    title: `mug ${id}`,
    brand: 'Acme',
    categories: ['Home', 'Kitchen'],
    description: '',
    imagePath: null,
  };
  return { item: id, content: { ...empty, ...content } };
}
export const withPicture = (id: number) => item(id, { imagePath: `${id}.png` });
export const parts = { text: 'likes mugs', visual: 'likes blue', crossModal: null };
/** An answer that is this object. */
export const knowledge = (body: object) => () => JSON.stringify(body);

/** Candidates 100, 101 and on, of which three are wanted. */
export function refinement(count: number, titles: readonly string[] = []): RefinementInput {
  return {
    target: withPicture(0),
    properties: parts,
    candidates: Array.from({ length: count }, (_, at) => ({
      ...item(100 + at, { title: titles[at] ?? `mug ${at}` }),
      properties: parts,
      fusedSimilarity: 1 - at / 100,
      near: ['text'],
    })),
    buyerPreferences: [parts],
    k: 3,
  };
}
