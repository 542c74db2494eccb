import { readFile } from 'node:fs/promises';
import {
  type AnswerSchema,
  DEFAULT_FAMILY,
  fillPrompt,
  type LlmClient,
  LlmError,
  type Part,
  type PromptCatalog,
  type PromptTaskName,
  type PromptTemplate,
  type PromptValue,
  type RenderedPrompt,
} from '@agentmmrec/llm';
import type { PromptWords } from '../reasoning/copies.js';
import type { ItemView } from '../reasoning/reasoner.js';

/** Prompts are shortened step by step until they fit. */
const SHARES = [1, 0.75, 0.5, 0.35, 0.25, 0.15, 0.08];
/** For the legend of pictures and the marks of turns, which the estimate of the text does not hold. */
const MARGIN_TOKENS = 128;

/** What a task asks: values for its template by the share of text that fits, the pictures, and what to do with the answer. */
export interface Question<T> {
  readonly task: PromptTaskName;
  /** @param share of each text @param most neighbours, all by default */
  readonly values: (share: number, most?: number) => Readonly<Record<string, PromptValue>>;
  readonly views: readonly { readonly name: string; readonly content: ItemView['content'] }[];
  /** name of the view without whose picture an answer would be invented, or ANY_IMAGE */
  readonly requiredImage?: string;
  readonly schema: AnswerSchema<T>;
  /** what makes an answer of the right form useless, or null */
  debris?(object: T, asked: PromptWords): string | null;
  readonly outputTokens?: number;
}

/** An item and five neighbours. */
export const IMAGES_PER_PROMPT = 6;
/** An item and as many neighbours as a prompt may ever see. */
export const MOST_IMAGES_PER_PROMPT = 101;

/** The most pictures of a prompt: as said, else an item and its neighbours, six or as many more as prompts see neighbours. */
export function picturesAsked(given: {
  readonly imagesPerPrompt: number | null;
  readonly promptNeighbours?: number | null;
}): number {
  return given.imagesPerPrompt ?? Math.max(IMAGES_PER_PROMPT, 1 + (given.promptNeighbours ?? 0));
}

/** The most pictures that a task shows. */
export type PictureLimit = (task: PromptTaskName) => number;

/** As many as the caller allows, in tasks that show neighbours; one in a task whose template shows the item alone. */
export function pictureLimit(
  prompts: PromptCatalog,
  {
    promptFamily = DEFAULT_FAMILY,
    imagesPerPrompt = IMAGES_PER_PROMPT,
  }: { promptFamily?: string; imagesPerPrompt?: number } = {},
): PictureLimit {
  return (task) => {
    const { images } = prompts.get(task, promptFamily).budget;
    return images > 1 ? imagesPerPrompt : Math.min(images, imagesPerPrompt);
  };
}

/** How pictures get into prompts. */
export interface ImageOptions {
  /** the most pictures of one prompt, the first ones */
  readonly imagesPerPrompt?: number;
  /** how an image file is read; tests pass their own */
  readonly readImage?: (path: string) => Promise<Uint8Array>;
}

/** A rendered prompt with the pictures that fit beside it. */
export interface FittedPrompt extends RenderedPrompt {
  readonly images: readonly ShownImage[];
  readonly remarks: readonly string[];
}

export type ShownImage = Extract<Part, { type: 'image' }>;

/** Texts are not cut below this share for the sake of pictures: fewer pictures are shown instead. */
const LEAST_SHARE_FOR_IMAGES = 0.35;

/**
 * The fullest prompt within the template's budget and the model's context; where it would not fit, shorter texts, then fewer
 * pictures (the one that is required stays), then shorter texts still.
 * @throws LlmError contextTooLong
 */
async function fitPrompt(
  question: Question<unknown>,
  template: PromptTemplate,
  {
    client,
    images,
    outputTokens,
    contextLength = client.contextLength,
  }: {
    client: LlmClient;
    images: readonly ShownImage[];
    outputTokens: number;
    /** tokens of prompt and answer, where they are fewer than the client's */
    contextLength?: number | null;
  },
): Promise<FittedPrompt> {
  const fewest = question.requiredImage === undefined ? 0 : Math.min(1, images.length);
  const first = images.findIndex(({ label }) => label === question.requiredImage);
  const ordered = first > 0 ? [images[first], ...images.filter((_, at) => at !== first)] : images;
  let got = 0;
  for (let shown = images.length; shown >= fewest; shown--) {
    const kept = shown === images.length ? images : ordered.slice(0, shown);
    const pictures = kept.length === 0 ? 0 : await client.pictureTokens(kept);
    const room = (contextLength ?? Number.POSITIVE_INFINITY) - outputTokens - pictures - MARGIN_TOKENS;
    const limit = Math.min(template.budget.inputTokens, room);
    for (const share of SHARES) {
      if (shown > fewest && share < LEAST_SHARE_FOR_IMAGES) break;
      const prompt = fillPrompt(template, question.values(share));
      got = prompt.tokens + pictures;
      if (prompt.tokens > limit) continue;
      const remarks = [
        ...(share === 1 ? [] : [`texts were cut to ${Math.round(share * 100)} % to fit the prompt`]),
        ...(shown === images.length ? [] : [`${shown} of ${images.length} pictures were shown, to fit the prompt`]),
      ];
      return { ...prompt, images: kept, remarks };
    }
  }
  throw new LlmError({
    fault: 'contextTooLong',
    what: question.task,
    got: `about ${got} tokens after cutting texts as far as they stay readable`,
    expected: `at most ${Math.min(template.budget.inputTokens, (contextLength ?? Number.POSITIVE_INFINITY) - outputTokens)}`,
  });
}

/** How often a prompt is made anew for a server that refuses it as too long, and of how much of what was refused. */
const FITS = { tries: 3, share: 0.75 };

/**
 * Asks with the fullest prompt that fits; with less where the server still refuses it as too long: what it names as its context, or a part of
 * what was sent, for tokens are counted by estimate.
 * @throws LlmError as `send`, and contextTooLong
 */
export async function askFitting<R>(
  question: Question<unknown>,
  template: PromptTemplate,
  facts: { client: LlmClient; images: readonly ShownImage[]; outputTokens: number },
  send: (prompt: FittedPrompt) => Promise<R>,
): Promise<{ readonly prompt: FittedPrompt; readonly result: R }> {
  const { client, outputTokens } = facts;
  let contextLength = client.contextLength;
  let refused: unknown = null;
  for (let tries = 1; ; tries++) {
    const prompt = await fitPrompt(question, template, { ...facts, contextLength }).catch((thrown: unknown) => {
      throw refused ?? thrown;
    });
    try {
      return { prompt, result: await send(prompt) };
    } catch (thrown) {
      if (!(thrown instanceof LlmError) || thrown.fault !== 'contextTooLong' || tries === FITS.tries) throw thrown;
      refused = thrown;
      const isTold =
        client.contextLength !== null && client.contextLength < (contextLength ?? Number.POSITIVE_INFINITY);
      const pictures = prompt.images.length === 0 ? 0 : await client.pictureTokens(prompt.images);
      contextLength = isTold
        ? client.contextLength
        : Math.floor(FITS.share * (prompt.tokens + pictures + outputTokens));
    }
  }
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
