import { digest } from '@agentmmrec/core';
import { jsonSchemaOf } from '../answers/answer.js';
import type {
  GenerateRequest,
  LlmServer,
  ModelIdentity,
  Sampling,
  WireRequest,
  WireTurn,
} from '../contract/contract.js';
import { estimateTokens, IMAGE_TOKENS } from '../contract/tokens.js';
import type { ShownImages } from '../images/shownImages.js';

/** A malformed answer and what was wrong with it: what the next attempt may be told. */
export interface BadAnswer {
  readonly text: string;
  readonly problem: string;
}

/** Answers looked at before a call is given up: the first, one after a repair prompt, one with another seed and temperature. */
export const ATTEMPTS = 3;

const QUOTED_CHARACTERS = 2000;
const KEY_VERSION = 1;

/**
 * The request of attempt number `attempt`: 0 as asked; then in turn a repair prompt that quotes the bad answer, and the plain
 * prompt with another seed and a temperature that lets the seed matter.
 */
export function wireRequest(
  request: GenerateRequest<unknown>,
  shown: ShownImages,
  attempt: number,
  bad: BadAnswer | null,
): WireRequest {
  const prompt: WireTurn = {
    role: 'user',
    text: promptText(request, shown),
    images: shown.images.map(({ image }) => image),
  };
  return {
    system: request.system,
    turns: isRepair(attempt) && bad ? [prompt, ...repairTurns(bad)] : [prompt],
    schemaName: request.schema.name,
    jsonSchema: jsonSchemaOf(request.schema),
    sampling: samplingOf(request.sampling, attempt),
  };
}

function isRepair(attempt: number): boolean {
  return attempt % ATTEMPTS === 1;
}

/** Text parts, then the legend of the pictures really sent: servers cache the common beginning, pictures come last. */
function promptText(request: GenerateRequest<unknown>, shown: ShownImages): string {
  const texts = request.parts.filter((part) => part.type === 'text').map((part) => part.text);
  const asked = request.parts.some((part) => part.type === 'image');
  if (shown.images.length > 0) {
    texts.push(`Images, in order: ${shown.images.map(({ label }, at) => `image ${at + 1} is ${label}`).join('; ')}.`);
  } else if (asked) {
    texts.push('No image can be shown; say nothing about looks that the text does not state.');
  }
  return texts.join('\n\n');
}

function repairTurns(bad: BadAnswer): WireTurn[] {
  const request = `That answer cannot be used: ${bad.problem}. Answer the same task again with one JSON object of the given schema and nothing else.`;
  return [
    { role: 'assistant', text: bad.text.slice(0, QUOTED_CHARACTERS) || '(empty)', images: [] },
    { role: 'user', text: request, images: [] },
  ];
}

function samplingOf(sampling: Sampling, attempt: number): Sampling {
  if (attempt === 0 || isRepair(attempt)) return sampling;
  return { ...sampling, seed: sampling.seed + attempt, temperature: Math.max(sampling.temperature, 0.6) };
}

/** Tokens of the prompt by estimate, pictures included. */
export function estimateInput(wire: WireRequest): number {
  let tokens = estimateTokens(wire.system);
  for (const turn of wire.turns) tokens += estimateTokens(turn.text) + turn.images.length * IMAGE_TOKENS;
  return tokens;
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
