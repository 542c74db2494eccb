import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { AmrError } from '@agentmmrec/core';

/** Runs work later and gives a way to call it off; tests pass their own clock. */
export type Schedule = (work: () => void, delayMs: number) => () => void;

const realSchedule: Schedule = (work, delayMs) => {
  const timer = setTimeout(work, delayMs);
  return () => clearTimeout(timer);
};

/** Waits, or less when the signal aborts: the next request then ends at once. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
  });
}

export interface HttpRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** the server must say something within this time, at the start and between pieces */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
  readonly schedule?: Schedule;
}

const mostRedirects = 5;

/** A failure that another attempt may not meet. */
export class PassingFailure extends Error {}

/** An address that leads nowhere we go: no file is behind it, today or tomorrow. `message` says why in a few words. */
export class RefusedAddress extends Error {}

/**
 * Asks for a page and gives its head and body. Redirects are followed on the same host only (also from http to https): what a
 * list names must not lead to servers nobody named. The body comes as it is sent, never unpacked.
 * @throws PassingFailure: connection lost, silence, or a status that says "later" (408, 425, 429, 5xx)
 * @throws RefusedAddress: an address that is not http or https, a redirect in a circle, to another host or to nowhere, an answer
 *   that is none of HTTP
 */
export async function httpRequest(request: HttpRequest, onResponse: (response: HttpResponse) => Promise<void>) {
  let url = webUrl(request.url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const next = await requestOnce(url, request, onResponse);
    if (next === null) return;
    url = redirected(url, next);
  }
  throw new RefusedAddress(`more than ${mostRedirects} redirects`);
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new RefusedAddress('a redirect to something that is no address');
  const target = new URL(location, from);
  if (target.hostname === from.hostname && /^https?:$/.test(target.protocol)) return target;
  throw new RefusedAddress(`a redirect to another host, ${target.host || target.protocol}`);
}

/** The refusal as an error that names the address, for whoever asked for one file. */
export function refusedAddress(url: string, { message }: RefusedAddress): AmrError {
  return new AmrError({
    what: url,
    got: message,
    expected: 'a file at this address',
    hint: 'the file may have moved: name its new address if you trust it, or place the file yourself',
  });
}

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** pieces of the body; ends with PassingFailure when the connection breaks or falls silent */
  readonly body: AsyncIterable<Buffer>;
}

/** @returns the address of a redirect, or null after the response was handled */
async function requestOnce(
  url: URL,
  request: HttpRequest,
  onResponse: (response: HttpResponse) => Promise<void>,
): Promise<string | null> {
  const silence = silenceWatch(request);
  let message: IncomingMessage | undefined;
  try {
    message = await open(url, request, silence);
    const status = message.statusCode ?? 0;
    const { location } = message.headers;
    if (status >= 300 && status < 400 && location !== undefined) return location;
    if (status === 408 || status === 425 || status === 429 || status >= 500) {
      throw new PassingFailure(`the server answers ${status}`);
    }
    const { headers } = message;
    await onResponse({
      status,
      header: (name) => headers[name]?.toString(),
      body: pieces(message, silence),
    });
    return null;
  } finally {
    silence.end();
    message?.destroy();
  }
}

interface SilenceWatch {
  /** something was heard */
  heard(): void;
  end(): void;
  readonly signal: AbortSignal;
}

function silenceWatch({ idleTimeoutMs, signal, schedule = realSchedule }: HttpRequest): SilenceWatch {
  const controller = new AbortController();
  const fail = () => controller.abort(new PassingFailure(`the server is silent for ${idleTimeoutMs} ms`));
  let cancel = schedule(fail, idleTimeoutMs);
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  return {
    heard() {
      cancel();
      cancel = schedule(fail, idleTimeoutMs);
    },
    end() {
      cancel();
      signal?.removeEventListener('abort', stop);
    },
    signal: controller.signal,
  };
}

async function open(url: URL, request: HttpRequest, silence: SilenceWatch): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'agentmmrec', ...request.headers };
  return await new Promise((resolve, reject) => {
    const sent = get(url, { headers, signal: silence.signal, agent: false }, resolve);
    // Without a listener such an answer would never end the wait.
    sent.on('upgrade', (answer, socket) => {
      socket.destroy();
      reject(new RefusedAddress(`status ${answer.statusCode}, another protocol`));
    });
    sent.on('error', (cause) => reject(failureOf(cause, silence.signal)));
  });
}

async function* pieces(message: IncomingMessage, silence: SilenceWatch): AsyncGenerator<Buffer> {
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      silence.heard();
      yield piece;
    }
  } catch (cause) {
    throw failureOf(cause, silence.signal);
  }
  if (!message.complete) throw new PassingFailure('the connection ended early');
}

function failureOf(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new PassingFailure(code ?? message);
}

function webUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new RefusedAddress('an address that is not http or https');
}
