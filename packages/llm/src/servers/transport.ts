import { AmrError } from '@agentmmrec/core';
import { LlmError } from '../contract/llmError.js';
import { type ErrorReply, errorReply } from './errorReply.js';
import { eventsOf, isEventStream } from './eventStream.js';
import { serverError, transportError } from './faults.js';
import { redactDeep, redactor } from './redaction.js';

/** The largest answer read, in characters; a server that streams without end is cut off. */
const LARGEST_ANSWER = 4_000_000;

/** What an adapter needs to reach its server, given by the caller so that tests and proxies can stand in. */
export interface TransportOptions {
  /** for messages: provider, host and model */
  readonly what: string;
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly headers?: Readonly<Record<string, string>>;
  /** texts that must never appear in what this module returns or throws */
  readonly secrets?: readonly string[];
}

/**
 * HTTP to one server and to no other: paths are joined to the base address, redirects are refused (they could carry a prompt
 * or a key elsewhere), errors are classified, secrets are cut out of everything the server says.
 */
export class Transport {
  readonly what: string;
  private readonly base: URL;
  /** whether it ever gave an answer: a page is then one of a gateway before it */
  private hasAnswered = false;

  constructor(private readonly options: TransportOptions) {
    this.what = options.what;
    this.base = checkedAddress(options.baseUrl);
    this.redact = redactor(options.secrets ?? []);
  }

  /** The text with every secret replaced, however it is spelled. */
  readonly redact: (text: string) => string;

  /** Sends, and returns a response with status 2xx. @throws LlmError */
  async send(path: string, init: { method: 'GET' | 'POST'; body?: string; signal: AbortSignal }): Promise<Response> {
    const url = `${this.base.origin}${this.base.pathname.replace(/\/$/, '')}${path}`;
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...this.options.headers };
    try {
      const response = await this.options.fetch(url, { ...init, headers, redirect: 'manual' });
      if (response.status >= 200 && response.status < 300) return response;
      if (response.status >= 300 && response.status < 400) throw this.redirected(response.status);
      throw this.told(response.status, errorReply(await readText(response, this.what), response.headers));
    } catch (thrown) {
      throw transportError(this.what, thrown, init.signal, this.redact);
    }
  }

  /** What a server said of an error, without secrets. */
  told(status: number, { message, answer, ...reply }: ErrorReply): LlmError {
    const clean = {
      ...reply,
      message: this.redact(message),
      ...(answer !== undefined && { answer: this.redact(answer) }),
    };
    return serverError(this.what, status, clean);
  }

  /** Sends, and reads the answer as JSON; as the sum of its events where it comes as a stream. @throws LlmError */
  async json(path: string, init: { method: 'GET' | 'POST'; body?: string; signal: AbortSignal }): Promise<unknown> {
    const response = await this.send(path, init);
    try {
      const text = await readText(response, this.what);
      const reply = isEventStream(text) ? eventsOf(text).map((event) => this.parse(event)) : this.parse(text);
      if (init.method === 'POST') this.answered();
      return reply;
    } catch (thrown) {
      throw transportError(this.what, thrown, init.signal, this.redact);
    }
  }

  /** A JSON text as a value without secrets: redacted after decoding, for escapes hide them. @throws LlmError */
  parse(text: string): unknown {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      const begin = this.redact(text.slice(0, 2000)).trim().slice(0, 80);
      const got = begin === '' ? 'an empty answer' : `an answer that is no JSON: "${begin}"`;
      // A page is no server of this kind, unless it was one before; anything else may have been cut on its way.
      const fault = begin.startsWith('<') && !this.hasAnswered ? 'protocol' : 'network';
      throw new LlmError({ fault, what: this.what, got, expected: 'JSON from the server' });
    }
    try {
      return redactDeep(value, this.redact);
    } catch {
      const got = 'JSON that is nested too deep';
      throw new LlmError({ fault: 'protocol', what: this.what, got, expected: 'the reply of such a server' });
    }
  }

  /** It gave an answer of its kind. */
  answered(): void {
    this.hasAnswered = true;
  }

  private redirected(status: number): LlmError {
    return new LlmError({
      fault: 'refused',
      what: this.what,
      got: `status ${status}, a redirect`,
      expected: 'an answer from the configured address',
      hint: 'configure the address the server redirects to, if you trust it',
      status,
    });
  }
}

function checkedAddress(address: string): URL {
  const refuse = (got: string, hint: string): never => {
    throw new AmrError({ what: 'address of the LLM server', got, expected: 'http://host:port or https://host', hint });
  };
  const url = URL.canParse(address)
    ? new URL(address)
    : refuse(`"${withoutUser(address)}"`, 'write the whole address, http:// included, and no password in it');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`protocol ${url.protocol}`, 'use http or https');
  if (url.search !== '' || url.hash !== '')
    refuse('a query in it', 'leave out what follows the path; keys go into the environment');
  if (url.username !== '' || url.password !== '')
    refuse('a user name or password in it', 'put the key into an environment variable');
  return url;
}

/** An address as it may be shown: what stands before an @ may be a password, whatever else is wrong. */
function withoutUser(address: string): string {
  return address.includes('@') ? `...${address.slice(address.lastIndexOf('@'))}` : address;
}

/** The body as text, refused beyond LARGEST_ANSWER. */
async function readText(response: Response, what: string): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    const piece = decoder.decode(chunk, { stream: true });
    pieces.push(piece);
    length += piece.length;
    if (length > LARGEST_ANSWER) throw tooLarge(what);
  }
  return pieces.join('') + decoder.decode();
}

/** Passes a body through and throws beyond LARGEST_ANSWER bytes, for readers that would take in all of it. */
export function boundedBytes(what: string): TransformStream<Uint8Array, Uint8Array> {
  let total = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      total += chunk.byteLength;
      if (total > LARGEST_ANSWER) throw tooLarge(what);
      controller.enqueue(chunk);
    },
  });
}

export function tooLarge(what: string): LlmError {
  const got = `more than ${LARGEST_ANSWER} characters`;
  return new LlmError({ fault: 'protocol', what, got, expected: 'an answer of a few thousand' });
}

/**
 * Passes a body of JSON lines through line by line and throws where a line is not JSON: a garbled stream is a failure of the
 * transport, and must not reach a reader that would skip the line.
 */
export function checkedLines(transport: Transport): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  let total = 0;
  const pass = (line: string, controller: TransformStreamDefaultController<Uint8Array>) => {
    if (line.trim() === '') return;
    controller.enqueue(encoder.encode(`${JSON.stringify(transport.parse(line))}\n`));
    transport.answered();
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      rest += decoder.decode(chunk, { stream: true });
      total += chunk.byteLength;
      if (total > LARGEST_ANSWER) throw tooLarge(transport.what);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) pass(line, controller);
    },
    flush(controller) {
      pass(rest + decoder.decode(), controller);
    },
  });
}
