import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';

/**
 * An LLM server that answers every call at once with words of a usual length, over Ollama's and OpenAI's protocol: what a call
 * takes is then the client's doing. Runs as a worker thread, posts its port, and ends with the thread.
 */
const words =
  'Prefers enamel and stoneware in muted blues for days outside, from brands that print plain marks, and comes back to ' +
  'pieces that stack, pour well and survive a fall; values weight over ornament, matt glazes over gloss, and names that say ' +
  'what a thing is for. Seldom takes patterned pieces, never sets of more than four, and mixes makers freely.';
const traits = ['blue enamel', 'stackable shapes', 'camping and hiking', 'plain marks'];
const answers = {
  preference: JSON.stringify({
    preferences: traits.map((trait) => ({ trait, strength: 'strong', evidence: 'P1, P2' })),
    summary: words,
  }),
  property: JSON.stringify({
    properties: traits.map((trait) => ({ trait, basis: 'stated', evidence: 'title' })),
    summary: words,
  }),
};
const usage = { prompt_tokens: 1200, completion_tokens: 240 };

const server = createServer((request, response) => void handle(request, response));
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? '';
  response.setHeader('content-type', 'application/json');
  if (path === '/api/version') return end(response, { version: '0.24.0' });
  if (path === '/api/tags') return end(response, { models: [{ name: 'answering', digest: 'sha256:answering' }] });
  if (path === '/api/show') return end(response, { capabilities: ['completion', 'vision'] });
  if (path === '/v1/models') return end(response, { data: [{ id: 'answering' }] });
  // The schema's own words tell which task asks; the body is not parsed, for it may hold megabytes of pictures.
  const content = Buffer.concat(chunks).includes('"basis"') ? answers.property : answers.preference;
  if (path === '/v1/chat/completions') {
    return end(response, { choices: [{ finish_reason: 'stop', message: { role: 'assistant', content } }], usage });
  }
  const half = content.length >> 1;
  for (const part of [content.slice(0, half), content.slice(half)]) {
    response.write(`${JSON.stringify({ message: { role: 'assistant', content: part }, done: false })}\n`);
  }
  const counts = { prompt_eval_count: usage.prompt_tokens, eval_count: usage.completion_tokens };
  const last = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', ...counts };
  response.end(`${JSON.stringify(last)}\n`);
}

function end(response: ServerResponse, value: unknown): void {
  response.end(JSON.stringify(value));
}
