import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server does wrong instead of answering. */
export type ModelFault = 'busy' | 'crash' | 'errorLine' | 'closedSocket' | 'length' | 'invalidJson' | 'silence';

export interface LoopbackModelOptions {
  /** what goes wrong with the request of this digest when it comes for the `sending`-th time, from 1 */
  readonly fault?: (digest: Buffer, sending: number) => ModelFault | null;
  /** milliseconds before the answer */
  readonly delayMs?: (digest: Buffer) => number;
  readonly seesImages?: boolean;
}

const SILENCE_MS = 40_000;

/**
 * An Ollama server on 127.0.0.1 whose model answers in the asked form, as a function of the request's bytes alone: so equal
 * questions get equal answers, in every run and order. For checks that run the product beside it.
 */
export class LoopbackModel {
  /** requests received, by digest, and of them those answered well */
  readonly received = new Map<string, { sent: number; answered: number }>();
  /** called after each good answer, with the number of different questions answered so far */
  onAnswered: (different: number) => void = () => {};
  /** different questions that are answered; further ones stay in flight until their connection ends */
  mostAnswered = Number.POSITIVE_INFINITY;
  requests = 0;
  faults = 0;
  private different = 0;
  private server: Server | null = null;
  private port = 0;

  constructor(private readonly options: LoopbackModelOptions = {}) {}

  get host(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts, or comes back on the same port. */
  async start(): Promise<this> {
    this.server = createServer(
      (request, response) => void this.handle(request, response).catch(() => response.destroy()),
    );
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Dies: open connections are cut. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.setHeader('content-type', 'application/json');
    if (request.url === '/api/version') return void response.end('{"version":"0.24.0"}');
    if (request.url === '/api/tags') {
      return void response.end('{"models":[{"name":"qwen2.5vl:7b","digest":"sha256:loopback"}]}');
    }
    if (request.url === '/api/show') {
      const capabilities = this.options.seesImages ? ['completion', 'vision'] : ['completion'];
      return void response.end(JSON.stringify({ capabilities }));
    }
    await this.chat(Buffer.concat(chunks), response);
  }

  private async chat(body: Buffer, response: ServerResponse): Promise<void> {
    this.requests++;
    const bits = createHash('sha256').update(body).digest();
    const key = bits.toString('hex');
    const seen = this.received.get(key) ?? { sent: 0, answered: 0 };
    this.received.set(key, seen);
    seen.sent++;
    await wait(this.options.delayMs?.(bits) ?? 0);
    const fault = this.options.fault?.(bits, seen.sent) ?? null;
    if (fault !== null) this.faults++;
    if (fault === 'silence') await wait(SILENCE_MS);
    const { format } = JSON.parse(body.toString()) as { format: JsonSchema };
    if (fault === 'silence' || fault === 'closedSocket') return void response.destroy();
    if (fault === 'busy')
      return fail(response, 503, 'server busy, please try again.  maximum pending requests exceeded');
    if (fault === 'crash') return fail(response, 500, 'model runner has unexpectedly stopped');
    if (seen.answered === 0 && this.different >= this.mostAnswered) return;
    const text = answer(format, bits);
    const said = fault === 'invalidJson' ? text.slice(0, text.length / 2) : text;
    response.write(`${JSON.stringify({ message: { role: 'assistant', content: said }, done: false })}\n`);
    if (fault === 'errorLine')
      return void response.end('{"error":"an error was encountered while running the model"}\n');
    const counts = { prompt_eval_count: 100, eval_count: 20, done_reason: fault === 'length' ? 'length' : 'stop' };
    response.end(`${JSON.stringify({ message: { role: 'assistant', content: '' }, done: true, ...counts })}\n`);
    if (fault !== null) return;
    if (seen.answered++ === 0) this.different++;
    this.onAnswered(this.different);
  }
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly minItems?: number;
}

/** Lists are turned round for half of the questions, so that reranking does harm often enough for rewrites. */
function answer({ properties = {} }: JsonSchema, bits: Buffer): string {
  const words = `plain words ${bits.toString('hex', 0, 6)}`;
  const { order, chosen, preferences, properties: stated } = properties;
  const list = order ?? chosen;
  if (list) {
    const names = [...(list.items?.enum ?? [])];
    if (bits[0] & 1) names.reverse();
    return JSON.stringify(order ? { order: names } : { chosen: names.slice(0, list.minItems) });
  }
  const trait = { trait: words, evidence: 'P1' };
  if (preferences) return JSON.stringify({ preferences: [{ ...trait, strength: 'weak' }], summary: words });
  if (stated) return JSON.stringify({ properties: [{ ...trait, basis: 'stated' }], summary: words });
  return JSON.stringify(Object.fromEntries(Object.keys(properties).map((name) => [name, words])));
}

function fail(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status);
  response.end(JSON.stringify({ error }));
}

async function wait(milliseconds: number): Promise<void> {
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
