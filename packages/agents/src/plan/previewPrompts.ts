import { AmrError } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import { estimateTokens, IMAGE_TOKENS, type LlmClient, type PromptCatalog } from '@agentmmrec/llm';
import { augmentQuestions } from '../augmentation/augmentQuestions.js';
import { Integrator } from '../integrator/integrator.js';
import { LlmReasoner } from '../llm/llmReasoner.js';
import type { Answer, Reasoner } from '../reasoning/reasoner.js';

/** A prompt as it would be sent. */
export interface PromptPreview {
  /** `integrator/preference-text@1` */
  readonly template: string;
  readonly system: string;
  readonly user: string;
  /** names of the pictures that go with it */
  readonly images: readonly string[];
  /** by estimate, pictures included */
  readonly inputTokens: number;
  /** where the answer would be cut off */
  readonly outputTokens: number;
}

/** Thrown in place of sending; never leaves this file. */
class NotSent extends Error {}

/**
 * The prompts that the Integrator would send for a user's preference or an item's property, with the items it would sample, and
 * LLMRec's about the same user or item where they are asked for: no server is needed and nothing is sent.
 * @throws AmrError input when the user or item is out of range or there is no content
 */
export async function previewPrompts(
  subject: { readonly user: number } | { readonly item: number },
  options: {
    readonly training: TrainingData;
    readonly prompts: PromptCatalog;
    readonly knowledgeSeed: number;
    readonly promptFamily?: string;
    readonly promptNeighbours?: number;
    readonly contextLength?: number;
    readonly seesImages?: boolean;
    /** with LLMRec's prompts */
    readonly augmentation?: boolean;
  },
): Promise<PromptPreview[]> {
  checkRange(subject, options.training);
  const previews: PromptPreview[] = [];
  const client = unsendingClient(previews, options.seesImages ?? true, options.contextLength ?? null);
  const { prompts, promptFamily } = options;
  const sending = new LlmReasoner({ client, prompts, ...(promptFamily !== undefined && { promptFamily }) });
  const reasoner = withoutAnswers(sending);
  const integrator = new Integrator({ ...options, reasoner });
  if ('user' in subject) await integrator.preference(subject.user);
  else await integrator.property(subject.item);
  if (!options.augmentation) return previews;
  const { profile, attributes, edges } = augmentQuestions({ ...options, reasoner, augmenter: sending.augmenter });
  const call = { seed: options.knowledgeSeed };
  const questions =
    'user' in subject ? [profile(subject.user, call), edges(subject.user, call)] : [attributes(subject.item, call)];
  for (const question of questions) await question?.answer().catch(unlessNotSent);
  return previews;
}

function checkRange(subject: { user: number } | { item: number }, training: TrainingData): void {
  const [what, id, count] =
    'user' in subject
      ? (['user', subject.user, training.users] as const)
      : (['item', subject.item, training.items] as const);
  if (Number.isInteger(id) && id >= 0 && id < count) return;
  const hint = `name a ${what} of the data set`;
  throw new AmrError({ what: `prompt for ${what} ${id}`, got: `number ${id}`, expected: `0 to ${count - 1}`, hint });
}

/** A client that keeps what it is asked to send. */
function unsendingClient(previews: PromptPreview[], seesImages: boolean, contextLength: number | null): LlmClient {
  return {
    name: 'preview',
    identity: { provider: 'none', model: 'none', modelDigest: '', serverVersion: '', reproducible: true },
    seesImages,
    concurrency: 1,
    contextLength,
    pictureTokens: async (images) => images.length * IMAGE_TOKENS,
    async generate({ template, system, parts, sampling }) {
      const user = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const images = parts.flatMap((part) => (part.type === 'image' ? [part.label] : []));
      const inputTokens = estimateTokens(system) + estimateTokens(user) + images.length * IMAGE_TOKENS;
      previews.push({
        template: template.id,
        system,
        user,
        images,
        inputTokens,
        outputTokens: sampling.maxOutputTokens,
      });
      throw new NotSent();
    },
    totals: () => ({ calls: 0, cached: 0, requests: 0, inputTokens: 0, outputTokens: 0, money: 0, faults: {} }),
    close() {},
  };
}

function unlessNotSent(thrown: unknown): void {
  if (!(thrown instanceof NotSent)) throw thrown;
}

/** The reasoner with empty answers where nothing was sent, so that the agent goes on to its next task. */
function withoutAnswers(reasoner: LlmReasoner): Reasoner {
  const empty: Answer<string> = { value: '', record: { templates: [], inputTokens: 0, outputTokens: 0, repairs: [] } };
  const quiet = (asked: Promise<Answer<string>>) =>
    asked.catch((thrown: unknown) => {
      unlessNotSent(thrown);
      return empty;
    });
  return {
    name: reasoner.name,
    digest: reasoner.digest,
    seesImages: reasoner.seesImages,
    concurrency: 1,
    paid: false,
    prepare: () => reasoner.prepare(),
    preference: (task, user, items, call) => quiet(reasoner.preference(task, user, items, call)),
    property: (task, target, others, call) => quiet(reasoner.property(task, target, others, call)),
    refine: (input, call) => reasoner.refine(input, call),
    rerank: (input, call) => reasoner.rerank(input, call),
    updatePreference: (input, call) => reasoner.updatePreference(input, call),
  };
}
