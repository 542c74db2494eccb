import { AttemptTimeout } from '../contract/clock.js';
import { abortedError, LlmError, type LlmFault } from '../contract/llmError.js';

const CONTEXT =
  /context (length|window|size)|exceeds? the (available )?context|longer than the context|prompt is too long|maximum context/i;
const BUSY = /server busy|maximum pending requests|overloaded|rate limit/i;
const MISSING = /not found|does not exist|no such model/i;
const EXHAUSTED =
  /insufficient[_ ](?:quota|funds|balance|credits?)|exceeded your current quota|billing|out of credits?|credit balance|payment required|quota (?:is )?(?:exhausted|used up)|spending limit|monthly limit/i;
/** A server that says how many pictures it takes, or that it takes none. */
const ONE_IMAGE =
  /(?:only|at most|maximum(?: of)?|up to|limit(?: is| of)?|allows?)\D{0,24}?(\d+|one|single)\s*(?:image|picture)/i;
const SOME_IMAGES = /too many images|multiple images|image(?:s|\(s\))? .{0,40}(?:limit|per prompt|exceed)/i;
const NO_IMAGES =
  /(?:does not|doesn't|do not|not) support(?:ed)? (?:image|vision|multimodal)|image input is not supported|(?:no|without) (?:vision|image|multimodal)|not a (?:vision|multimodal) model|text[- ]only/i;
const SHOWN_CHARACTERS = 300;

/** The kind of failure an HTTP status and the server's words mean; status 0 is an error told inside a stream. */
export function faultOf(status: number, message: string): LlmFault {
  if (status === 402 || (status >= 400 && status < 500 && EXHAUSTED.test(message))) return 'quota';
  if (imageLimitOf(status, message) !== null) return 'tooManyImages';
  if (CONTEXT.test(message) && status !== 503) return 'contextTooLong';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'busy';
  if (status === 503 || status === 529) return 'busy';
  if (status === 404) return 'notFound';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 413) return 'contextTooLong';
  if (status === 499) return 'network';
  if (status >= 500) return 'crashed';
  if (status === 0) return BUSY.test(message) ? 'busy' : MISSING.test(message) ? 'notFound' : 'crashed';
  return 'refused';
}

/** How many pictures a refusal says that the server takes in one prompt; null when it is about something else. */
function imageLimitOf(status: number, message: string): number | null {
  if (status < 400 || status === 401 || status === 403 || status === 429) return null;
  if (NO_IMAGES.test(message)) return 0;
  const count = ONE_IMAGE.exec(message)?.[1];
  if (count !== undefined) return Number.isNaN(Number(count)) ? 1 : Number(count);
  return SOME_IMAGES.test(message) ? 1 : null;
}

/** An error answer of a server as an LlmError. `message` must be redacted already. */
export function serverError(what: string, status: number, message: string, retryAfterMs?: number): LlmError {
  const words = message.replace(/\s+/g, ' ').trim();
  const said = words.length > SHOWN_CHARACTERS ? `${words.slice(0, SHOWN_CHARACTERS)}…` : words;
  return new LlmError({
    fault: faultOf(status, message),
    what,
    got: `${status === 0 ? 'an error in the stream' : `status ${status}`}: ${said || 'no message'}`,
    expected: 'an answer',
    status: status === 0 ? undefined : status,
    retryAfterMs,
    imageLimit: imageLimitOf(status, message) ?? undefined,
  });
}

const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/**
 * What was thrown while talking to a server, as an LlmError. The cause is told in words and not attached: objects of the
 * transport may hold headers, and headers hold keys.
 */
export function transportError(
  what: string,
  thrown: unknown,
  signal: AbortSignal,
  redact: (text: string) => string,
): LlmError {
  if (thrown instanceof LlmError) return thrown;
  if (signal.aborted) {
    if (signal.reason instanceof AttemptTimeout) {
      const got = `silence for ${signal.reason.timeoutMs / 1000} s`;
      return new LlmError({ fault: 'timeout', what, got, expected: 'an answer in that time' });
    }
    return abortedError(what);
  }
  const cause = field(thrown, 'cause') ?? thrown;
  const code = codeOf(cause) ?? codeOf(thrown);
  const words = redact(String(field(cause, 'message') ?? cause));
  const fault = code !== undefined && TIMEOUT_CODES.has(code) ? 'timeout' : 'network';
  return new LlmError({ fault, what, got: `${code ? `${code}: ` : ''}${words}`, expected: 'a connection that holds' });
}

function codeOf(thrown: unknown): string | undefined {
  const code = field(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** Read by name and not by class: errors of fetch may come from another realm than this module's Error. */
function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
