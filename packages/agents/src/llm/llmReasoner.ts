import { digest, type KnowledgeParts, type Log, optional, silentLog, text } from '@agentmmrec/core';
import {
  DEFAULT_FAMILY,
  fillPrompt,
  type GenerateResult,
  knowledgeTaskNames,
  type LlmClient,
  LlmError,
  type Part,
  type PromptCatalog,
  type PromptTaskName,
  type PromptTemplate,
  type RenderedPrompt,
  requireImage,
} from '@agentmmrec/llm';
import { type Grounding, groundingOf } from '../reasoning/debris.js';
import type {
  Answer,
  AnswerRecord,
  Augmenter,
  Call,
  CallSpending,
  ItemView,
  ModalityTask,
  Reasoner,
  RefinementInput,
  RerankInput,
  TaskAnswers,
  UpdateInput,
} from '../reasoning/reasoner.js';
import { AnswerQuality } from './answerQuality.js';
import { LONGEST_ANSWER_TOKENS, writtenPart } from './answerSchemas.js';
import { llmAugmenter } from './llmAugmenter.js';
import {
  askFitting,
  type FittedPrompt,
  IMAGES_PER_PROMPT,
  type ImageOptions,
  MOST_IMAGES_PER_PROMPT,
  type PictureLimit,
  pictureLimit,
  type Question,
  readImages,
} from './question.js';
import {
  itemsOf,
  type PartQuestion,
  preferenceQuestion,
  propertyQuestion,
  refineQuestion,
  rerankQuestion,
  updateQuestion,
} from './taskQuestions.js';

/** How questions are put to a language model. */
export const llmReasonerSchema = {
  imagesPerPrompt: optional({
    type: 'integer',
    min: 1,
    max: MOST_IMAGES_PER_PROMPT,
    help: 'the most pictures of one prompt; default: an item and its neighbours, five or as many as --prompt-neighbours says; fewer where a server garbles answers to many',
  }),
  promptFamily: text(DEFAULT_FAMILY, 'wording of the prompts; see agentmmrec prompts show'),
} as const;

/** The client and the prompts of a reasoner by language model. */
export interface LlmReasonerOptions extends ImageOptions {
  readonly client: LlmClient;
  readonly prompts: PromptCatalog;
  /** templates of another wording, for the study of templates; `default` */
  readonly promptFamily?: string;
  readonly temperature?: number;
  /** for one attempt */
  readonly timeoutMs?: number;
  /** told once of what prompts had to leave out */
  readonly log?: Log;
}

/** Raised when the same question is put in another way. */
const VERSION = 8;

/**
 * The nine tasks by a language model (docs/method.md). Items are shown under local names; answers are held to a
 * schema that knows only these names. What a model says about an unknown name comes back as id -1, which the Utilizer drops and
 * counts. A task about looks whose pictures are all unusable is answered with an empty part and the reason, never invented.
 */
export class LlmReasoner implements Reasoner {
  readonly name: string;
  readonly digest: string;
  readonly seesImages: boolean;
  readonly concurrency: number;
  readonly paid = true;
  readonly augmenter: Augmenter;
  private readonly pictures: PictureLimit;
  private readonly quality = new AnswerQuality();
  private toldOfPictures = false;

  constructor(private readonly options: LlmReasonerOptions) {
    const { client, prompts, promptFamily = DEFAULT_FAMILY } = options;
    const entries = knowledgeTaskNames.map((task) => [task, prompts.get(task, promptFamily)] as const);
    this.name = client.name;
    this.seesImages = client.seesImages;
    this.concurrency = client.concurrency;
    const { temperature = 0, imagesPerPrompt = IMAGES_PER_PROMPT } = options;
    this.pictures = pictureLimit(prompts, { promptFamily, imagesPerPrompt });
    const { identity, contextLength } = client;
    const templates = entries.map(([task, { hash }]) => [task, hash]);
    this.digest = digest({ version: VERSION, identity, contextLength, templates, temperature, imagesPerPrompt });
    this.augmenter = llmAugmenter({
      digest: digest({ version: VERSION, identity, contextLength, temperature }),
      template: (task) => this.template(task),
      text: (question, read, call) => this.text(question, read, call),
      names: (question, read, call) => this.names(question, read, call),
      itemsOf,
    });
  }

  spent(): CallSpending {
    const { requests, inputTokens, outputTokens, money } = this.options.client.totals();
    return { requests, inputTokens, outputTokens, money };
  }

  answers(): TaskAnswers[] {
    return this.quality.report();
  }

  /** Nothing to measure: each prompt holds what it needs. */
  async prepare(): Promise<void> {}

  /** See `Reasoner.preference`. */
  preference(task: ModalityTask, _user: number, items: readonly ItemView[], call: Call): Promise<Answer<string>> {
    return this.part(preferenceQuestion(task, items), call);
  }

  /** See `Reasoner.property`. */
  property(
    task: ModalityTask,
    target: ItemView,
    coPurchased: readonly ItemView[],
    call: Call,
  ): Promise<Answer<string>> {
    return this.part(propertyQuestion(task, target, coPurchased), call);
  }

  refine(input: RefinementInput, call: Call): Promise<Answer<readonly number[]>> {
    const question = refineQuestion(input, this.seesImages);
    return this.names(question, ({ chosen }) => itemsOf(chosen, input.candidates), call);
  }

  rerank(input: RerankInput, call: Call): Promise<Answer<readonly number[]>> {
    return this.names(rerankQuestion(input), ({ order }) => itemsOf(order, input.candidates), call);
  }

  /** See `Reasoner.updatePreference`. */
  async updatePreference(input: UpdateInput, call: Call): Promise<Answer<KnowledgeParts>> {
    const question = updateQuestion(input);
    const { result, record, prompt } = await this.ask(question, call);
    const { changes: _, ...parts } = result.object;
    const grounding = this.judged(question.task, Object.values(parts).join(' '), result, prompt.user);
    const { text, visual, crossModal } = parts as Partial<Record<keyof KnowledgeParts, string>>;
    const value = { text: text ?? null, visual: visual ?? null, crossModal: crossModal ?? null };
    return { value, record: { ...record, ...(grounding && { grounding }) } };
  }

  /** A part of an entry. Without a usable picture a task about looks has nothing to say. */
  private async part<T>(question: PartQuestion<T>, call: Call): Promise<Answer<string>> {
    try {
      const { result, record, prompt } = await this.ask(question, call);
      const { instructions } = this.template(question.task);
      const value = writtenPart(question.read(result.object), { instructions, shown: prompt.user });
      // What pictures show stands in no text.
      const shown = question.task.endsWith('-visual') ? null : prompt.user;
      const grounding = this.judged(question.task, value, result, shown);
      return { value, record: { ...record, ...(grounding && { grounding }) } };
    } catch (thrown) {
      if (!(thrown instanceof LlmError) || thrown.fault !== 'noImage') throw thrown;
      const repairs = [`${question.task} was not asked: ${thrown.got}`];
      return { value: '', record: { templates: [], inputTokens: 0, outputTokens: 0, repairs } };
    }
  }

  /** An answer that is text in fields. */
  private async text<T>(asked: Question<T>, read: (object: T) => string, call: Call): Promise<Answer<T>> {
    const { result, record, prompt } = await this.ask({ ...asked, outputTokens: LONGEST_ANSWER_TOKENS }, call);
    const grounding = this.judged(asked.task, read(result.object), result, prompt.user);
    return { value: result.object, record: { ...record, ...(grounding && { grounding }) } };
  }

  private template(task: PromptTaskName): PromptTemplate {
    const { prompts, promptFamily = DEFAULT_FAMILY } = this.options;
    return prompts.get(task, promptFamily);
  }

  /** Counts an accepted answer, and how much of what it claims was shown; null where nothing was shown in words. */
  private judged(
    task: PromptTaskName,
    text: string,
    { repaired }: { readonly repaired: boolean },
    shown: string | null,
  ): Grounding | null {
    const grounding = shown === null ? null : groundingOf(text, shown);
    this.quality.accepted(task, { text, repaired, grounding });
    return grounding;
  }

  /** A list of candidates. A model that gives none after every attempt has named none: the Utilizer fills up, and counts it. */
  private async names<T>(
    question: Question<T>,
    read: (object: T) => readonly number[],
    call: Call,
  ): Promise<Answer<readonly number[]>> {
    try {
      const { result, record } = await this.ask(question, call);
      this.judged(question.task, result.text, result, null);
      return { value: read(result.object), record };
    } catch (thrown) {
      if (!(thrown instanceof LlmError) || thrown.fault !== 'malformed') throw thrown;
      const { id, hash } = this.template(question.task);
      const repairs = [`no usable list of candidates was given: ${thrown.got}`];
      return { value: [], record: { templates: [{ id, hash }], inputTokens: 0, outputTokens: 0, repairs } };
    }
  }

  private async ask<T>(
    question: Question<T>,
    call: Call,
  ): Promise<{ result: GenerateResult<T>; record: AnswerRecord; prompt: RenderedPrompt }> {
    const { client, temperature = 0, timeoutMs } = this.options;
    const template = this.template(question.task);
    const { images, unreadable } = await readImages(question, this.pictures(question.task), this.options.readImage);
    // Whom it is about is said by those who ask: only they know the ids of the data.
    const { task, requiredImage } = question;
    requireImage({ task, requiredImage }, images, unreadable);
    const outputTokens = Math.max(template.budget.outputTokens, question.outputTokens ?? 0);
    const { instructions } = template;
    const generate = (prompt: FittedPrompt) =>
      client.generate<T>({
        task,
        system: prompt.system,
        parts: [{ type: 'text', text: prompt.user }, ...prompt.images],
        easier: easierParts(question, template, prompt.images),
        schema: {
          ...question.schema,
          begins: template.begins,
          content: (object: T) => question.debris?.(object, { instructions, shown: prompt.user }) ?? null,
        },
        onRefused: (problem) => this.quality.refused(question.task, problem),
        // Servers keep seeds in 31 or 32 bits, some with a special meaning for the last one.
        sampling: { temperature, seed: call.seed & 0x7fff_ffff, maxOutputTokens: outputTokens },
        template: { id: template.id, hash: template.hash },
        requiredImage,
        signal: call.signal,
        timeoutMs,
      });
    const { prompt, result } = await askFitting(question, template, { client, images, outputTokens }, (prompt) => {
      if (prompt.images.length < images.length) this.tellOfPictures(task, prompt.images.length, images.length);
      return generate(prompt);
    });
    const record: AnswerRecord = {
      templates: [{ id: template.id, hash: template.hash }],
      ...result.usage,
      repairs: [...unreadable, ...prompt.remarks, ...result.remarks],
    };
    return { result, record, prompt };
  }

  /** Each entry keeps it for itself; people are told at the first. */
  private tellOfPictures(task: string, shown: number, of: number): void {
    if (this.toldOfPictures) return;
    this.toldOfPictures = true;
    const { log = silentLog, client } = this.options;
    log.warn(
      `${task}: ${shown} of ${of} pictures fit into a context of ${client.contextLength} tokens; entries say it from now on (--context-length, --images-per-prompt)`,
    );
  }
}

/** Neighbours that a question shows when it is asked in an easier way, and the share of their texts. */
const EASIER = { neighbours: 2, share: 0.5 };

/** The same question with fewer neighbours and shorter texts; pictures go with what is still shown. */
function easierParts<T>(
  question: Question<T>,
  template: PromptTemplate,
  images: readonly Extract<Part, { type: 'image' }>[],
): Part[] {
  const { user } = fillPrompt(template, question.values(EASIER.share, EASIER.neighbours));
  const shown = images.filter(({ label }) => new RegExp(`^> ${label}\\b`, 'm').test(user));
  return [{ type: 'text', text: user }, ...shown];
}
