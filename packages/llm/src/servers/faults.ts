import { AttemptTimeout, waitInWords } from '../contract/clock.js';
import { abortedError, LlmError, type LlmFault } from '../contract/llmError.js';
import type { ErrorReply } from './errorReply.js';

const CONTEXT =
  /context[ _](?:length|window|size)|exceeds? the (?:available )?context|longer than the (?:context|maximum model length)|prompt is too long|maximum context|maximum (?:allowed |model |sequence |input )+length|maximum number of (?:input )?tokens|input (?:length|tokens?|token count)\b.{0,40}exceeds?|max_new_tokens.{0,4} must be|must have less than \d+ tokens|reduce the length of the|input is too long|exceed_context/i;
/** One request beyond what an account may use in a minute: it is never taken. */
const TOO_LARGE = /request too large/i;
const BUSY = /server busy|maximum pending requests|overloaded|rate limit|too many requests|resource_exhausted/i;
const MISSING = /not found|does not exist|no such model|unexpected endpoint/i;
/** A model that is not there, told with the status of a wrong request. */
const NO_SUCH_MODEL =
  /model_(?:not_(?:found|available|exist)|decommissioned)|\binvalid[_ ]model\b|not a valid model|\bmodels? (?:(?:does )?not exist|not found|is unloaded|unloaded)|no models? (?:is |are )?loaded|the model .{1,80} does not exist|(?:has been|is|was) (?:decommissioned|retired)|unable to access .{0,20}model/i;
/** A model that is there and cannot be loaded, however often it is asked. */
const CANNOT_LOAD =
  /requires more system memory|unknown model architecture|requires a newer version of|(?:unable to|failed to|error|could not|cannot) load(?:ing)? (?:the )?model\b(?! vocabulary)/i;
/** A model that crashed, whatever the status says. */
const CRASHED =
  /(?:model|runner|engine)(?: process)? (?:has |was )?(?:crashed|died|unexpectedly stopped)|request failed during generation/i;
/** A gateway that finds nobody who takes what was asked for. */
const OTHER_PARAMETERS = /can handle the requested parameters/i;
const INVALID = /invalid_request|unsupported_(?:parameter|value)|bad request/i;
const EXHAUSTED =
  /insufficient[_ ](?:quota|funds|balance|credits?)|exceeded your current quota|billing|usage limit|out of credits?|credit balance|payment required|quota (?:is )?(?:exhausted|used up)|spending limit|monthly limit/i;
/** A limit that begins anew too late to wait for, whatever wait is named beside it. */
const LASTING = /insufficient[_ ]quota|per[ _]?day|per[ _]?month|daily|monthly|\b[rt]pd\b/i;
/** The longest wait that a quota of the minute asks for. */
const LONGEST_PASSING_MS = 600_000;
/** A server that lives and cannot answer yet, or none behind a gateway. */
const STARTING =
  /loading model|model is (?:currently )?loading|currently loading|still loading|warming up|starting up|no healthy upstream|upstream connect error|no available (?:server|worker|backend|instance)|<html|<!doctype/i;
const PAGE = /^\s*<(?:!doctype|html)/i;
/** Too many requests; too early; Groq's word for room that is full. */
const BUSY_STATUS = new Set([429, 425, 498]);
/** An address that does not take what is posted to it. */
const NO_QUESTIONS = new Set([405, 501]);
const GATEWAY = new Set([502, 520, 521, 522, 523, 525, 526, 530]);
const WRONG_KEY =
  /api[ _-]?key (?:is )?(?:not valid|invalid|expired|missing)|(?:invalid|incorrect|missing) api[ _-]?key|api_key_invalid|unauthenticated/i;
/** Words about what was asked or answered, in place of who asks. */
export const FILTERED =
  /content[ _-]?(?:filter|management policy|policy)|moderation|flagged|responsible_?ai|safety (?:system|filter|reasons?)|data_inspection_failed|inappropriate content/i;
/** A server that says how many pictures it takes, or that it takes none. */
const ONE_IMAGE =
  /(?:only|at most|maximum(?: of)?|up to|limit(?: is| of)?|allows?)\D{0,24}?(\d+|one|single)\s*(?:image|picture)/i;
const SOME_IMAGES = /too many images|multiple images|image(?:s|\(s\))? .{0,40}(?:limit|per prompt|exceed)/i;
const NO_IMAGES = new RegExp(
  [
    "(?:does not|doesn't|do not|not|cannot|can't|unable to) (?:support|process|accept|handle|take)(?:ed)? (?:the )?(?:image|vision|multimodal|picture)",
    '(?:image|picture|vision)(?:s|_url)?(?: inputs?)? (?:is|are) (?:not|only) (?:supported|enabled|allowed|available|accepted)',
    '(?:no|without) (?:vision|image|multimodal)',
    'not a (?:vision|multimodal) model',
    'text[- ]only',
    'missing data required for image',
    'no endpoints found that support image',
    'unknown variant .?image_url',
    'content\\b.{0,40}(?:must|should) be a (?:valid )?string',
    'unsupported content (?:part )?type\\W{0,4}image',
    'can only concatenate str \\(not .list.\\)',
    'not compiled for multimodal|model projector',
  ].join('|'),
  'i',
);
const SHOWN_CHARACTERS = 300;

/** Tokens of prompt and answer that a refusal names as the most; null where it names none. */
function contextLimitOf(message: string): number | null {
  const plain = message.replace(/(\d),(?=\d{3}\b)/g, '$1');
  const named =
    /maximum (?:context|model|sequence|allowed|input)[a-z ]*length\D{0,20}?(\d{3,})/i.exec(plain) ??
    /context[ _](?:length|window|size)(?: of| is|:)?(?: only)?\D{0,12}?(\d{3,})/i.exec(plain) ??
    /n_ctx\D{0,4}(\d{3,})/i.exec(plain) ??
    /must be <= (\d{3,})/i.exec(plain) ??
    /number of tokens allowed \((\d{3,})\)/i.exec(plain) ??
    /configured limit of (\d{3,})/i.exec(plain) ??
    /limit:? (\d{3,}), requested/i.exec(plain);
  return named ? Number(named[1]) : null;
}

/** The kind of failure an HTTP status and the server's words mean; status 0 is an error told inside a stream, 200 one in place of an answer. */
function faultOf(status: number, message: string, retryAfterMs?: number): LlmFault {
  if (status === 402 || (status < 500 && EXHAUSTED.test(message)))
    return isOfTheMinute(status, message, retryAfterMs) ? 'busy' : 'quota';
  if (imageLimitOf(status, message) !== null) return 'tooManyImages';
  if (CONTEXT.test(message) && status !== 503 && status !== 429) return 'contextTooLong';
  if (TOO_LARGE.test(message)) return 'contextTooLong';
  if ((status === 400 || status === 403) && FILTERED.test(message)) return 'refused';
  // A page that wants a person stands before the server, and says nothing about a key.
  if (status === 403 && PAGE.test(message)) return 'network';
  if (status === 401 || status === 403 || (status === 400 && WRONG_KEY.test(message))) return 'unauthorized';
  if (BUSY_STATUS.has(status)) return 'busy';
  if (status !== 503 && CANNOT_LOAD.test(message)) return 'notFound';
  if (status < 500 && NO_SUCH_MODEL.test(message)) return 'notFound';
  if (status === 424 || (status < 500 && CRASHED.test(message))) return 'crashed';
  if (NO_QUESTIONS.has(status)) return 'notFound';
  if (status === 503 && !BUSY.test(message) && STARTING.test(message)) return 'network';
  if (status === 503 || status === 529) return 'busy';
  if (status === 404) return OTHER_PARAMETERS.test(message) ? 'refused' : 'notFound';
  if (status === 408 || status === 504 || status === 524) return 'timeout';
  if (status === 413) return 'contextTooLong';
  if (status === 499 || GATEWAY.has(status)) return 'network';
  if (status >= 500) return 'crashed';
  return status < 400 ? faultOfWords(message) : 'refused';
}

/** The kind of failure where nothing but words tells it. */
function faultOfWords(message: string): LlmFault {
  if (BUSY.test(message)) return 'busy';
  if (MISSING.test(message)) return 'notFound';
  return INVALID.test(message) ? 'refused' : 'crashed';
}

/** A quota that is full for a moment: Google says "exceeded your current quota" of its limits by the minute. */
function isOfTheMinute(status: number, message: string, retryAfterMs: number | undefined): boolean {
  return status === 429 && retryAfterMs !== undefined && retryAfterMs <= LONGEST_PASSING_MS && !LASTING.test(message);
}

/** How many pictures a refusal says that the server takes in one prompt; null when it is about something else. */
function imageLimitOf(status: number, message: string): number | null {
  if (status === 401 || status === 403 || status === 429) return null;
  if (NO_IMAGES.test(message)) return 0;
  if (status === 404) return null;
  const count = ONE_IMAGE.exec(message)?.[1];
  if (count !== undefined) return Number.isNaN(Number(count)) ? 1 : Number(count);
  return SOME_IMAGES.test(message) ? 1 : null;
}

/** A path that the server does not have, in place of a model. */
const NO_PATH =
  /unexpected endpoint|"detail"|no (?:static )?resource|cannot (?:get|post)|route|no such path|<html|<!doctype|^\W*(?:404 )?(?:page )?not found\W*$/i;

/** An error answer of a server as an LlmError. What it says must be redacted already. */
export function serverError(what: string, status: number, { message, retryAfterMs, answer }: ErrorReply): LlmError {
  const words = message.replace(/\s+/g, ' ').trim();
  const said = words.length > SHOWN_CHARACTERS ? `${words.slice(0, SHOWN_CHARACTERS)}…` : words;
  const fault = faultOf(status, message, retryAfterMs);
  return new LlmError({
    fault,
    what,
    got: `${statusWords(status)}: ${said || 'no message'}`,
    expected: 'an answer',
    ...(fault === 'notFound' && CANNOT_LOAD.test(words) && { hint: NOT_LOADED }),
    ...(fault === 'notFound' && (NO_PATH.test(words) || NO_QUESTIONS.has(status)) && { hint: WRONG_ADDRESS }),
    ...(retryAfterMs !== undefined && retryAfterMs >= WORTH_SAYING_MS && { hint: waitAsked(retryAfterMs) }),
    status: status === 0 ? undefined : status,
    retryAfterMs,
    imageLimit: imageLimitOf(status, message) ?? undefined,
    contextLimit: fault === 'contextTooLong' ? (contextLimitOf(message) ?? undefined) : undefined,
    answer,
  });
}

/** A wait that nobody takes for a slow answer. */
const WORTH_SAYING_MS = 60_000;

function waitAsked(waitMs: number): string {
  return `the server asks to wait ${waitInWords(waitMs)}: run the command again after that, what is done is kept; or name another server`;
}

function statusWords(status: number): string {
  if (status === 0) return 'an error in the stream';
  return status < 400 ? `status ${status} and an error` : `status ${status}`;
}

const NOT_LOADED =
  'the server has this model and cannot load it: see its log; give it more memory or a newer version, or name a smaller model (--llm-model)';
const WRONG_ADDRESS = 'the server has no such path: check its address, up to and including the version (/v1)';

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
