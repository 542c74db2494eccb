/** What a server says of an error, out of whatever form it says it in. */
export interface ErrorReply {
  readonly message: string;
  /** how long to wait, where it says so */
  readonly retryAfterMs?: number;
  /** what the model had written, where the server held it back for its form */
  readonly answer?: string;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const UNITS: readonly (readonly [name: RegExp, ms: number])[] = [
  [/^(?:ms|milli)/, 1],
  [/^s/, SECOND_MS],
  [/^m/, MINUTE_MS],
  [/^h/, HOUR_MS],
  [/^d/, 24 * HOUR_MS],
];
/** Numbers from here on are moments since 1970 in place of spans: in seconds, and in milliseconds. */
const EPOCH = { seconds: 1e9, milliseconds: 1e12 };
const SPAN = /\d+(?:\.\d+)?\s*(?:ms|milliseconds?|minutes?|mins?|m|seconds?|secs?|s|hours?|hrs?|h|days?|d)(?![a-z])/gi;
/** `Please try again in 7m12.5s`, `retry after 26 seconds`, `"retryDelay": "34s"`. */
const SAID_WAIT =
  /(?:(?:try again|retry|wait)\D{0,16}?(?:in|after|for|at least)?|retry[ _]?delay["\s:]+)\s*((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)/i;

/** Reads `{error: text}`, `{error: {message, code}}`, `[{error}]`, `{message}`, `{detail}`, `{errors}`, or plain words. */
export function errorReply(body: string, headers: Headers): ErrorReply {
  const told = parsed(body);
  const error = errorOf(told);
  const message = error === null ? body : wordsOf(error) || body;
  const retryAfterMs = askedWaitMs(headers, body);
  const answer = fieldOf(error, 'failed_generation');
  return {
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(typeof answer === 'string' && { answer }),
  };
}

/** The error inside a reply, or null where there is none. */
export function errorOf(told: unknown): unknown {
  if (Array.isArray(told)) return told.map(errorOf).find((one) => one !== null) ?? null;
  for (const name of ['error', 'errors']) {
    const error = fieldOf(told, name);
    if (error !== undefined && error !== null && error !== '' && error !== false) return error;
  }
  return null;
}

/** An HTTP status that an error names as its code. */
export function statusOf(error: unknown): number | null {
  for (const name of ['code', 'status', 'status_code']) {
    const code = Number(fieldOf(error, name));
    if (Number.isInteger(code) && code >= 400 && code < 600) return code;
  }
  return null;
}

/** The words of an error that say what it is; what it counts stands behind them. */
export function wordsOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const message = fieldOf(error, 'message');
  const first = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message);
  const named = ['code', 'type', 'status', 'param'].map((name) => fieldOf(error, name));
  const context = fieldOf(error, 'n_ctx');
  const words = [first, ...named.filter((word) => typeof word === 'string'), ...quotasOf(error)];
  // What a gateway passes on of the server behind it.
  const raw = fieldOf(fieldOf(error, 'metadata'), 'raw');
  const all = [...words, typeof raw === 'string' ? raw : '', context === undefined ? '' : `n_ctx ${context}`];
  return [...new Set(all)].filter((word) => word !== '').join(' ');
}

/** Names of the limits that were met, as Google tells them. */
function quotasOf(error: unknown): string[] {
  const details = fieldOf(error, 'details');
  if (details === undefined) return [];
  return [...JSON.stringify(details).matchAll(/"quotaId":"([^"]+)"/g)].map(([, id]) => id);
}

/** How long a server asks to wait: by its headers, by its words, by when its limits begin anew. */
function askedWaitMs(headers: Headers, body: string): number | undefined {
  const header = (name: string) => headers.get(name)?.trim() ?? '';
  const exact = header('retry-after-ms');
  const said = SAID_WAIT.exec(body.slice(0, 4000))?.[1] ?? '';
  const waits = [
    exact === '' ? undefined : plausible(Number(exact)),
    waitMs(header('retry-after')),
    spanMs(said),
    ...['-requests', '-tokens', '']
      .filter((of) => header(`x-ratelimit-remaining${of}`) === '0')
      .map((of) => waitMs(header(`x-ratelimit-reset${of}`))),
    header('ratelimit-remaining') === '0' ? waitMs(header('ratelimit-reset')) : undefined,
    waitMs(/"X-RateLimit-Reset":\s*"?(\d+)/i.exec(body)?.[1] ?? ''),
  ];
  return waits.find((wait) => wait !== undefined);
}

/** A span in seconds or with units, or a moment, as a span. */
function waitMs(text: string): number | undefined {
  if (text === '') return undefined;
  const number = Number(text);
  if (Number.isFinite(number)) {
    if (number >= EPOCH.milliseconds) return plausible(number - Date.now());
    if (number >= EPOCH.seconds) return plausible(number * SECOND_MS - Date.now());
    return plausible(number * SECOND_MS);
  }
  return spanMs(text) ?? plausible(Date.parse(text) - Date.now());
}

/** `7m12.5s`, `20 seconds`; undefined where no unit stands. */
function spanMs(text: string): number | undefined {
  const spans = text.match(SPAN);
  if (!spans || spans.length === 0) return undefined;
  return spans.reduce((sum, span) => {
    const [, number, unit] = /^([\d.]+)\s*([a-z]+)$/i.exec(span) ?? [];
    return sum + Number(number) * (UNITS.find(([name]) => name.test(unit.toLowerCase()))?.[1] ?? 0);
  }, 0);
}

function plausible(ms: number): number | undefined {
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
