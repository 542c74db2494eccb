import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JsonSchema, smallestAnswer } from './answers.js';

/** What the server may do wrong instead of answering. */
export type Fault =
  | 'busy'
  | 'crash'
  | 'errorLine'
  | 'length'
  | 'invalidJson'
  | 'silence'
  | 'closedSocket'
  | 'cutStream'
  | 'garbledLine'
  | 'contextTooLong'
  | 'rateLimit'
  | 'quota'
  | 'unauthorized'
  | 'redirect'
  | 'refusal';

/** A call as the server understood it, whichever protocol it came in. */
export interface ReceivedCall {
  readonly protocol: 'ollama' | 'openai';
  readonly system: string;
  /** texts of the user and assistant turns, in order */
  readonly turns: readonly string[];
  readonly images: readonly string[];
  readonly schema: JsonSchema;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** the whole body as sent */
  readonly body: Readonly<Record<string, unknown>>;
  /** its bytes as text */
  readonly raw: string;
  /** SHA-256 of its bytes, and how often these bytes have come, from 1 */
  readonly bits: Buffer;
  readonly sending: number;
}

/** An HTTP answer as it stands, in place of what the protocols say. */
export interface PlainReply {
  /** 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** texts and bytes go as they are, in pieces where there are several; anything else as JSON */
  readonly body: unknown;
  /** true: the connection is cut behind it */
  readonly cut?: boolean;
}

export interface FakeServerOptions {
  readonly model?: string;
  readonly digest?: string;
  readonly version?: string;
  readonly capabilities?: readonly string[];
  /** the model's answer; default: the smallest value that has the asked form */
  readonly answer?: (call: ReceivedCall) => string;
  /** what goes wrong with this call, if anything */
  readonly fault?: (call: ReceivedCall, index: number) => Fault | null;
  /** says this in place of an answer */
  readonly reply?: (call: ReceivedCall, index: number) => PlainReply | null;
  /** what it lists; default: its model by its name */
  readonly models?: readonly string[];
  /** the answer waits for it: tests decide the order of completion */
  readonly hold?: (call: ReceivedCall, index: number) => Promise<void>;
  /** after so long a silent connection is cut; never by default */
  readonly silenceMs?: number;
  /** tokens that each answer is said to have taken */
  readonly usage?: { readonly input: number; readonly output: number };
  /** tokens of a prompt that are read; the rest is cut without a word. Default: all */
  readonly contextTokens?: number;
  /** answers a call from its bytes alone; nothing is parsed or kept, for benchmarks */
  readonly unread?: (body: Buffer) => string;
}

/** An HTTP server on 127.0.0.1 that speaks Ollama's chat (JSON lines) and OpenAI's chat completions, and fails when told to. */
export class FakeServer {
  readonly calls: ReceivedCall[] = [];
  /** requests to anything else than the endpoints, for tests that nothing strays */
  readonly strays: string[] = [];
  mostInFlight = 0;
  /** calls received, by digest, and of them those answered well */
  readonly received = new Map<string, { sent: number; answered: number }>();
  /** requests with a fault */
  faults = 0;
  /** called after each good answer, with the number of different questions answered so far */
  onAnswered: (different: number) => void = () => {};
  /** different questions that are answered; further ones stay in flight until their connection ends */
  mostAnswered = Number.POSITIVE_INFINITY;
  private different = 0;
  /** connections on which nothing will ever come */
  silent = 0;
  model: string;
  digest: string;
  private inFlight = 0;
  private server: Server | null = null;
  port = 0;

  constructor(private readonly options: FakeServerOptions = {}) {
    this.model = options.model ?? 'qwen2.5vl:7b';
    this.digest = options.digest ?? 'sha256:loopback';
  }

  get host(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts, or starts again on the same port. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => void this.handle(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Dies: open connections are cut. */
  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = null;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const bytes = await readBody(request);
    const { unread } = this.options;
    if (unread && request.method === 'POST' && path !== '/api/show')
      return this.sendUnread(path, bytes, unread(bytes), response);
    const raw = bytes.toString('utf8');
    const body = raw === '' ? {} : (JSON.parse(raw) as Record<string, unknown>);
    if (path === '/api/version') return json(response, 200, { version: this.options.version ?? '0.24.0' });
    if (path === '/api/tags') return json(response, 200, { models: [{ name: this.model, digest: this.digest }] });
    if (path === '/api/show') {
      return json(response, 200, { capabilities: this.options.capabilities ?? ['completion', 'vision'] });
    }
    if (path === '/v1/models') {
      const data = (this.options.models ?? [this.model]).map((id) => ({ id }));
      return json(response, 200, { object: 'list', data });
    }
    if (path === '/api/chat') return this.answer({ ...ollamaCall(request, body), ...this.arrival(bytes) }, response);
    if (path === '/v1/chat/completions')
      return this.answer({ ...openAiCall(request, body), ...this.arrival(bytes) }, response);
    this.strays.push(path);
    json(response, 404, { error: `no such path ${path}` });
  }

  private arrival(bytes: Buffer): Pick<ReceivedCall, 'raw' | 'bits' | 'sending'> {
    const bits = createHash('sha256').update(bytes).digest();
    const key = bits.toString('hex');
    const seen = this.received.get(key) ?? { sent: 0, answered: 0 };
    this.received.set(key, seen);
    return { raw: bytes.toString('utf8'), bits, sending: ++seen.sent };
  }

  private sendUnread(path: string, body: Buffer, text: string, response: ServerResponse): void {
    const send = path === '/v1/chat/completions' ? sendOpenAi : sendOllama;
    send(response, text, null, this.options.usage ?? usageOf(body.length));
  }

  private async answer(call: ReceivedCall, response: ServerResponse): Promise<void> {
    const index = this.calls.push(call) - 1;
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await this.options.hold?.(call, index);
      const reply = this.options.reply?.(call, index) ?? null;
      if (reply !== null) return await sendPlain(response, reply);
      const fault = this.options.fault?.(call, index) ?? null;
      if (fault !== null) this.faults++;
      if (fault === 'silence') this.keepSilent(response);
      const seen = this.received.get(call.bits.toString('hex'));
      if (fault === null && seen?.answered === 0 && this.different >= this.mostAnswered) return;
      const text = (this.options.answer ?? smallestAnswer)(call);
      const send = call.protocol === 'ollama' ? sendOllama : sendOpenAi;
      const usage = call.protocol === 'ollama' ? USAGE : usageOf(call.turns.join('').length + call.system.length);
      const input = Math.min(usage.input, this.options.contextTokens ?? usage.input);
      send(response, text, fault, this.options.usage ?? { ...usage, input });
      if (fault !== null || !seen) return;
      if (seen.answered++ === 0) this.different++;
      this.onAnswered(this.different);
    } finally {
      this.inFlight--;
    }
  }

  private keepSilent(response: ServerResponse): void {
    // Cut while it was held: its end has passed, and nobody waits.
    if (response.destroyed || response.socket === null || response.socket.destroyed) return;
    this.silent++;
    const { silenceMs } = this.options;
    const timer = silenceMs === undefined ? undefined : setTimeout(() => response.destroy(), silenceMs);
    response.once('close', () => {
      this.silent--;
      clearTimeout(timer);
    });
  }
}

/** Tokens of an answer where nothing else is said. */
const USAGE = { input: 100, output: 20 };

/** The same with a prompt that was read as a whole. @param characters of the prompt */
function usageOf(characters: number): typeof USAGE {
  return { ...USAGE, input: Math.max(USAGE.input, Math.ceil(characters / 4)) };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface ChatMessage {
  readonly role: string;
  readonly content:
    | string
    | readonly { readonly type: string; readonly text?: string; readonly image_url?: { readonly url: string } }[];
  readonly images?: readonly string[];
}

function ollamaCall(
  request: IncomingMessage,
  body: Record<string, unknown>,
): Omit<ReceivedCall, 'raw' | 'bits' | 'sending'> {
  const [system, ...turns] = body.messages as ChatMessage[];
  return {
    protocol: 'ollama',
    system: String(system.content),
    turns: turns.map((turn) => String(turn.content)),
    images: turns.flatMap((turn) => turn.images ?? []),
    schema: (body.format ?? {}) as JsonSchema,
    headers: request.headers,
    body,
  };
}

function openAiCall(
  request: IncomingMessage,
  body: Record<string, unknown>,
): Omit<ReceivedCall, 'raw' | 'bits' | 'sending'> {
  const [system, ...turns] = body.messages as ChatMessage[];
  const parts = turns.map(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content));
  const format = body.response_format as { json_schema: { schema: JsonSchema } } | undefined;
  return {
    protocol: 'openai',
    system: String(system.content),
    turns: parts.map((list) => list.map((part) => part.text ?? '').join('')),
    images: parts.flatMap((list) =>
      list.flatMap((part) => ('image_url' in part && part.image_url ? [part.image_url.url] : [])),
    ),
    schema: format?.json_schema.schema ?? {},
    headers: request.headers,
    body,
  };
}

function json(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

async function sendPlain(
  response: ServerResponse,
  { status = 200, headers = {}, body, cut }: PlainReply,
): Promise<void> {
  const isPlain = typeof body === 'string' || body instanceof Uint8Array || Array.isArray(body);
  const pieces = (Array.isArray(body) ? body : [isPlain ? body : JSON.stringify(body)]) as (string | Uint8Array)[];
  response.writeHead(status, { 'content-type': isPlain ? 'text/plain' : 'application/json', ...headers });
  for (const piece of pieces) {
    response.write(piece);
    // Pieces that go together are one to who reads them.
    if (pieces.length > 1 || cut) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (cut) response.destroy();
  else response.end();
}

/** Faults both protocols tell in the same way; true when one was sent. */
function sendStatus(response: ServerResponse, fault: Fault | null, authorization: string): boolean {
  if (fault === 'silence') return true;
  if (fault === 'closedSocket') response.socket?.destroy();
  else if (fault === 'busy')
    json(response, 503, { error: 'server busy, please try again.  maximum pending requests exceeded' });
  else if (fault === 'crash') json(response, 500, { error: 'model runner has unexpectedly stopped' });
  else if (fault === 'contextTooLong') json(response, 400, { error: 'the input length exceeds the context length' });
  else if (fault === 'rateLimit')
    json(response, 429, { error: { message: 'Rate limit reached' } }, { 'retry-after': '7' });
  else if (fault === 'quota') json(response, 429, { error: { message: 'You are out', code: 'insufficient_quota' } });
  else if (fault === 'redirect') json(response, 307, {}, { location: 'http://127.0.0.1:9/elsewhere' });
  else if (fault === 'unauthorized') {
    json(response, 401, { error: { message: `Incorrect API key provided: ${authorization}` } });
  } else return false;
  return true;
}

function sendOllama(response: ServerResponse, text: string, fault: Fault | null, usage: typeof USAGE): void {
  if (sendStatus(response, fault, '')) return;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const said = fault === 'invalidJson' ? text.slice(0, text.length / 2) : text;
  const line = (value: unknown) => response.write(`${JSON.stringify(value)}\n`);
  const half = Math.ceil(said.length / 2);
  line({ message: { role: 'assistant', content: said.slice(0, half) }, done: false });
  if (fault === 'errorLine') {
    line({ error: 'an error was encountered while running the model: GGML_ASSERT' });
    response.end();
    return;
  }
  if (fault === 'cutStream') {
    response.end();
    return;
  }
  if (fault === 'garbledLine') response.write('{"message": {"con\n');
  line({ message: { role: 'assistant', content: said.slice(half) }, done: false });
  line({
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: fault === 'length' ? 'length' : 'stop',
    prompt_eval_count: usage.input,
    eval_count: usage.output,
  });
  response.end();
}

function sendOpenAi(response: ServerResponse, text: string, fault: Fault | null, usage: typeof USAGE): void {
  const authorization = String(response.req.headers.authorization ?? '');
  if (sendStatus(response, fault, authorization)) return;
  if (fault === 'errorLine') {
    json(response, 500, { error: { message: 'engine died' } });
    return;
  }
  const said = fault === 'invalidJson' ? text.slice(0, text.length / 2) : text;
  const reply = JSON.stringify({
    choices: [
      {
        finish_reason: fault === 'length' ? 'length' : 'stop',
        message: { role: 'assistant', content: said, refusal: fault === 'refusal' ? 'I will not' : null },
      },
    ],
    usage: { prompt_tokens: usage.input, completion_tokens: usage.output },
    system_fingerprint: 'fp_loopback',
  });
  if (fault === 'cutStream' || fault === 'garbledLine') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(reply.slice(0, reply.length / 2));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(reply);
}
