import { digest, integer, type KnowledgeParts, type Log, silentLog, text } from '@agentmmrec/core';
import {
  ANY_IMAGE,
  DEFAULT_FAMILY,
  dataText,
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
import { debrisOf, type Grounding, groundingOf } from '../reasoning/debris.js';
import type {
  Answer,
  AnswerRecord,
  Augmenter,
  Call,
  ItemView,
  ModalityTask,
  Reasoner,
  RefinementInput,
  RerankInput,
  Spent,
  TaskAnswers,
  UpdateInput,
} from '../reasoning/reasoner.js';
import { AnswerQuality } from './answerQuality.js';
import {
  candidateNames,
  debrisOfPart,
  LONGEST_ANSWER_TOKENS,
  orderSchema,
  type PartText,
  preferencePart,
  preferenceSchema,
  propertyPart,
  propertySchema,
  selectionSchema,
  updateSchema,
  writtenPart,
} from './answerSchemas.js';
import { llmAugmenter } from './llmAugmenter.js';
import {
  candidateBytes,
  contextBytes,
  itemRow,
  nameRow,
  neighbourBytes,
  numbered,
  partsRow,
  shared,
  targetBytes,
} from './promptRows.js';
import {
  fitPrompt,
  IMAGES_PER_PROMPT,
  type ImageOptions,
  type PictureLimit,
  pictureLimit,
  type Question,
  readImages,
} from './question.js';

/** How questions are put to a language model. */
export const llmReasonerSchema = {
  imagesPerPrompt: integer(IMAGES_PER_PROMPT, {
    min: 1,
    max: IMAGES_PER_PROMPT,
    help: 'the most pictures of one prompt: an item and five neighbours; fewer where a server garbles answers to many',
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

/** Raised when prompts for the same question are put together in another way. */
const VERSION = 4;
/** Of a candidate's title in a list of many. */
const TITLE_BYTES = 80;
/** A candidate's name in a list, with quotes and comma. */
const NAME_TOKENS = 8;

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

  spent(): Spent {
    const { requests, inputTokens, outputTokens, money } = this.options.client.totals();
    return { requests, inputTokens, outputTokens, money };
  }

  answers(): TaskAnswers[] {
    return this.quality.report();
  }

  /** Nothing to measure: each prompt holds what it needs. */
  async prepare(): Promise<void> {}

  /** See `Reasoner.preference`. */
  async preference(task: ModalityTask, _user: number, items: readonly ItemView[], call: Call): Promise<Answer<string>> {
    const named = numbered(items);
    const question = {
      task: `preference-${task}`,
      views: task === 'text' ? [] : named,
      ...(task !== 'text' && { requiredImage: ANY_IMAGE }),
      values: (share: number, most?: number) => ({
        user: 'U1',
        items: named
          .slice(0, most)
          .map(({ name, content }) =>
            task === 'visual' ? nameRow(name) : itemRow(name, content, neighbourBytes, share),
          ),
      }),
      schema: preferenceSchema(),
    } as const;
    return this.part(question, preferencePart, call);
  }

  /** See `Reasoner.property`. */
  async property(
    task: ModalityTask,
    target: ItemView,
    coPurchased: readonly ItemView[],
    call: Call,
  ): Promise<Answer<string>> {
    const others = numbered(coPurchased);
    const itself = { ...target, name: 'T1' };
    const visual = task === 'visual';
    const question = {
      task: `property-${task}`,
      views: task === 'text' ? [] : [itself, ...others],
      // What its neighbours look like says nothing about its own looks.
      ...(task !== 'text' && { requiredImage: itself.name }),
      values: (share: number, most?: number) => ({
        item: [visual ? nameRow('T1') : itemRow('T1', target.content, targetBytes, share)],
        others: others
          .slice(0, most)
          .map(({ name, content }) => (visual ? nameRow(name) : itemRow(name, content, contextBytes, share))),
      }),
      schema: propertySchema(),
    } as const;
    return this.part(question, propertyPart, call);
  }

  async refine(input: RefinementInput, call: Call): Promise<Answer<readonly number[]>> {
    const { target, candidates, buyerPreferences, properties, k } = input;
    const names = candidateNames(candidates.length);
    const question: Question<{ chosen: string[] }> = {
      task: 'refine-graph',
      views: this.seesImages && target.content.imagePath !== null ? [{ ...target, name: 'T1' }] : [],
      values: (share) => ({
        item: [itemRow('T1', target.content, targetBytes, share)],
        properties: [partsRow('T1', properties, shared(700, share))],
        candidates: candidates.map(({ content, properties: known, fusedSimilarity }, at) => ({
          ...partsRow(names[at], known, shared(120, share)),
          ...itemRow(names[at], content, candidateBytes, share),
          similarity: Number(fusedSimilarity.toFixed(3)),
        })),
        preferences: buyerPreferences.map((parts) => partsRow(null, parts, shared(400, share))),
        count: k,
      }),
      schema: selectionSchema(candidates.length, k),
      outputTokens: k * NAME_TOKENS + 32,
    };
    return this.names(question, ({ chosen }) => itemsOf(chosen, candidates), call);
  }

  async rerank(input: RerankInput, call: Call): Promise<Answer<readonly number[]>> {
    const { candidates, preferences } = input;
    const names = candidateNames(candidates.length);
    const question: Question<{ order: string[] }> = {
      task: 'rerank',
      views: [],
      values: (share) => ({
        user: 'U1',
        preferences: [partsRow('U1', preferences, shared(900, share))],
        candidates: candidates.map(({ content, properties }, at) =>
          partsRow(names[at], properties, shared(500, share), {
            title: dataText(content.title, shared(TITLE_BYTES, share)),
          }),
        ),
        count: candidates.length,
      }),
      schema: orderSchema(candidates.length),
      outputTokens: candidates.length * NAME_TOKENS + 32,
    };
    return this.names(question, ({ order }) => itemsOf(order, candidates), call);
  }

  /** See `Reasoner.updatePreference`. */
  async updatePreference(input: UpdateInput, call: Call): Promise<Answer<KnowledgeParts>> {
    const { preferences, truth, ndcgBase, ndcgReranked } = input;
    const question: Question<Record<string, string>> = {
      task: 'update-preference',
      views: [],
      values: (share) => ({
        user: 'U1',
        preferences: [partsRow('U1', preferences, shared(1500, share))],
        truth: truth.map(({ content, properties }, at) => ({
          ...partsRow(`P${at + 1}`, properties, shared(900, share)),
          ...itemRow(`P${at + 1}`, content, contextBytes, share),
        })),
        scores: [
          {
            withoutDescription: Number(ndcgBase.toFixed(4)),
            withDescription: Number(ndcgReranked.toFixed(4)),
            gainNeeded: Number(Math.max(0, ndcgBase - ndcgReranked).toFixed(4)),
          },
        ],
      }),
      schema: updateSchema(preferences),
      debris: ({ changes: _, ...parts }, instructions) => {
        const problems = Object.entries(parts).map(([name, part]) => [name, debrisOf(part, instructions)] as const);
        const wrong = problems.find(([, problem]) => problem !== null);
        return wrong ? `at ${wrong[0]}: ${wrong[1]}` : null;
      },
    };
    const { result, record, prompt } = await this.ask(question, call);
    const { changes: _, ...parts } = result.object;
    const grounding = this.judged(question.task, Object.values(parts).join(' '), result, prompt.user);
    const { text, visual, crossModal } = parts as Partial<Record<keyof KnowledgeParts, string>>;
    const value = { text: text ?? null, visual: visual ?? null, crossModal: crossModal ?? null };
    return { value, record: { ...record, ...(grounding && { grounding }) } };
  }

  /** A part of an entry. Without a usable picture a task about looks has nothing to say. */
  private async part<T>(asked: Question<T>, read: (object: T) => PartText, call: Call): Promise<Answer<string>> {
    const question: Question<T> = {
      ...asked,
      outputTokens: LONGEST_ANSWER_TOKENS,
      debris: (object, instructions) => debrisOfPart(read(object), instructions),
    };
    try {
      const { result, record, prompt } = await this.ask(question, call);
      const { instructions } = this.template(question.task);
      const value = writtenPart(read(result.object), instructions);
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
    const prompt = await fitPrompt(question, template, { client, images, outputTokens });
    if (prompt.images.length < images.length) this.tellOfPictures(task, prompt.images.length, images.length);
    const debris = (object: T) => question.debris?.(object, template.instructions) ?? null;
    const result = await client.generate<T>({
      task,
      system: prompt.system,
      parts: [{ type: 'text', text: prompt.user }, ...prompt.images],
      easier: easierParts(question, template, prompt.images),
      schema: { ...question.schema, content: debris },
      onRefused: (problem) => this.quality.refused(question.task, problem),
      // Servers keep seeds in 31 or 32 bits, some with a special meaning for the last one.
      sampling: { temperature, seed: call.seed & 0x7fff_ffff, maxOutputTokens: outputTokens },
      template: { id: template.id, hash: template.hash },
      requiredImage,
      signal: call.signal,
      timeoutMs,
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

/** Local names as item ids; a name that stands for nothing is -1. */
function itemsOf(names: readonly string[], candidates: readonly { readonly item: number }[]): number[] {
  return names.map((name) => {
    const at = /^C([1-9][0-9]*)$/.exec(name.trim());
    return at ? (candidates[Number(at[1]) - 1]?.item ?? -1) : -1;
  });
}
