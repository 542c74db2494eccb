import { digest } from '@agentmmrec/core';
import { jsonSchemaOf } from '../answers/answer.js';
import type {
  GenerateRequest,
  LlmServer,
  ModelIdentity,
  Part,
  Sampling,
  WireImage,
  WireRequest,
  WireTurn,
} from '../contract/contract.js';
import { estimateTokens } from '../contract/tokens.js';
import type { ShownImages } from '../images/shownImages.js';

/** What was wrong with an answer: what the next attempt is told. */
export interface BadAnswer {
  readonly problem: string;
}

/** Answers looked at before a call is given up: the first, and two that are asked for in another way. */
export const ATTEMPTS = 3;

const KEY_VERSION = 1;

/**
 * How attempts differ. The same question once more is answered with the same fault: temperature and seed change each time, the
 * second says what was wrong, the third has less to read and asks for less.
 */
const ATTEMPT_TEMPERATURES = [0, 0.4, 0.7];

/** The request of attempt number `attempt`, 0 as asked; after each three the ways begin again with other seeds. */
export function wireRequest(
  request: GenerateRequest<unknown>,
  shown: ShownImages,
  attempt: number,
  bad: BadAnswer | null,
): WireRequest {
  const prompt: WireTurn = {
    role: 'user',
    text: [promptText(request, shown, attempt), ...demand(attempt, bad)].join('\n\n'),
    images: shown.images.map(({ image }) => image),
  };
  return {
    system: request.system,
    turns: [prompt],
    schemaName: request.schema.name,
    jsonSchema: jsonSchemaOf(request.schema),
    sampling: samplingOf(request.sampling, attempt),
  };
}

/** What the question shows at an attempt. */
export function partsOf({ parts, easier }: GenerateRequest<unknown>, attempt: number): readonly Part[] {
  return attempt % ATTEMPTS === ATTEMPTS - 1 && easier ? easier : parts;
}

/** What is said besides the question. The refused answer is not shown again: small models repeat what they read. */
function demand(attempt: number, bad: BadAnswer | null): string[] {
  const way = attempt % ATTEMPTS;
  if (way === 0 || !bad) return [];
  const form = 'Answer with one JSON object of the given schema and nothing else.';
  if (way === 1) return [`An earlier answer could not be used: ${bad.problem}. ${form}`];
  return [`Be brief: short whole sentences in your own words, one or two entries in each list that allows it. ${form}`];
}

/** Text parts, then the legend of the pictures really sent: servers cache the common beginning, pictures come last. */
function promptText(request: GenerateRequest<unknown>, shown: ShownImages, attempt: number): string {
  const parts = partsOf(request, attempt);
  const texts = parts.filter((part) => part.type === 'text').map((part) => part.text);
  const asked = parts.some((part) => part.type === 'image');
  if (shown.images.length > 0) {
    texts.push(`Images, in order: ${shown.images.map(({ label }, at) => `image ${at + 1} is ${label}`).join('; ')}.`);
  } else if (asked) {
    texts.push('No image can be shown; say nothing about looks that the text does not state.');
  }
  return texts.join('\n\n');
}

function samplingOf(sampling: Sampling, attempt: number): Sampling {
  if (attempt === 0) return sampling;
  const least = ATTEMPT_TEMPERATURES[attempt % ATTEMPTS];
  return { ...sampling, seed: sampling.seed + attempt, temperature: Math.max(sampling.temperature, least) };
}

/** Tokens of a prompt's words by estimate, pictures apart. */
export function estimateText(wire: WireRequest): number {
  return wire.turns.reduce((sum, turn) => sum + estimateTokens(turn.text), estimateTokens(wire.system));
}

/** The pictures of a prompt. */
export function picturesOf({ turns }: WireRequest): readonly WireImage[] {
  return turns.flatMap(({ images }) => images);
}

/** All that determines the answer, and nothing else: no host, no time limit, no key of any kind. */
export function cacheKey(
  identity: ModelIdentity,
  server: LlmServer,
  request: GenerateRequest<unknown>,
  wire: WireRequest,
  state: { attempt: number; level: number },
): string {
  const turns = wire.turns.map((turn) => ({ ...turn, images: turn.images.map((image) => image.digest) }));
  return digest({
    keyVersion: KEY_VERSION,
    provider: identity.provider,
    model: identity.model,
    modelDigest: identity.modelDigest,
    serverVersion: identity.serverVersion,
    settings: server.settings,
    wire: { ...wire, turns },
    template: request.template,
    attempt: state.attempt,
    imageLevel: state.level,
  });
}
