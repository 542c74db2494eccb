import { readFile } from 'node:fs/promises';
import {
  type AnswerSchema,
  DEFAULT_FAMILY,
  fillPrompt,
  IMAGE_TOKENS,
  type LlmClient,
  LlmError,
  type Part,
  type PromptCatalog,
  type PromptTaskName,
  type PromptTemplate,
  type PromptValue,
} from '@agentmmrec/llm';
import type { ItemView } from '../reasoning/reasoner.js';

/** Prompts are shortened step by step until they fit. */
const SHARES = [1, 0.75, 0.5, 0.35, 0.25, 0.15, 0.08];
/** For the legend of pictures and the marks of turns, which the estimate of the text does not hold. */
const MARGIN_TOKENS = 128;

/** What a task asks: values for its template by the share of text that fits, the pictures, and what to do with the answer. */
export interface Question<T> {
  readonly task: PromptTaskName;
  readonly about: string;
  /** @param share of each text @param most neighbours, all by default */
  readonly values: (share: number, most?: number) => Readonly<Record<string, PromptValue>>;
  readonly views: readonly { readonly name: string; readonly content: ItemView['content'] }[];
  /** name of the view without whose picture an answer would be invented, or ANY_IMAGE */
  readonly requiredImage?: string;
  readonly schema: AnswerSchema<T>;
  /** what makes an answer of the right form useless, or null @param instructions the prompt without its data */
  debris?(object: T, instructions: string): string | null;
  readonly outputTokens?: number;
}

/** An item and five neighbours. */
export const IMAGES_PER_PROMPT = 6;

/** The most pictures that a task shows. */
export type PictureLimit = (task: PromptTaskName) => number;

/** As many as the caller allows and the template of the task has room for. */
export function pictureLimit(
  prompts: PromptCatalog,
  { family = DEFAULT_FAMILY, imagesPerPrompt = IMAGES_PER_PROMPT }: { family?: string; imagesPerPrompt?: number } = {},
): PictureLimit {
  return (task) => Math.min(imagesPerPrompt, prompts.get(task, family).budget.images);
}

/** How pictures get into prompts. */
export interface ImageOptions {
  /** the most pictures of one prompt, the first ones */
  readonly imagesPerPrompt?: number;
  /** how an image file is read; tests pass their own */
  readonly readImage?: (path: string) => Promise<Uint8Array>;
}

/** The fullest prompt within the template's budget and the model's context. @throws LlmError contextTooLong */
export function fitPrompt(
  question: Question<unknown>,
  template: PromptTemplate,
  { client, images, outputTokens }: { client: LlmClient; images: number; outputTokens: number },
) {
  const { contextLength } = client;
  const room = (contextLength ?? Number.POSITIVE_INFINITY) - outputTokens - images * IMAGE_TOKENS - MARGIN_TOKENS;
  const limit = Math.min(template.budget.inputTokens, room);
  let tokens = 0;
  for (const share of SHARES) {
    const prompt = fillPrompt(template, question.values(share));
    tokens = prompt.tokens;
    if (tokens > limit) continue;
    const remarks = share === 1 ? [] : [`texts were cut to ${Math.round(share * 100)} % to fit the prompt`];
    return { ...prompt, remarks };
  }
  throw new LlmError({
    fault: 'contextTooLong',
    what: `${question.task} ${question.about}`,
    got: `about ${tokens} tokens after cutting texts as far as they stay readable`,
    expected: `at most ${limit}`,
  });
}

/** The first pictures of a question, up to `limit`, and which could not be read. */
export async function readImages(
  question: Question<unknown>,
  limit: number,
  readImage: (path: string) => Promise<Uint8Array> = readFile,
): Promise<{ images: Extract<Part, { type: 'image' }>[]; unreadable: string[] }> {
  const shown = question.views.slice(0, limit);
  const unreadable: string[] = [];
  const images: Extract<Part, { type: 'image' }>[] = [];
  for (const { name, content } of shown) {
    if (content.imagePath === null) continue;
    try {
      images.push({ type: 'image', label: name, bytes: await readImage(content.imagePath) });
    } catch (thrown) {
      unreadable.push(`image of ${name} left out: cannot be read (${codeOf(thrown)})`);
    }
  }
  return { images, unreadable };
}

function codeOf(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}
