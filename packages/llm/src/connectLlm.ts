import { AmrError } from '@agentmmrec/core';
import { systemClock } from './contract/clock.js';
import type { LlmClient, LlmServer } from './contract/contract.js';
import { type ClientOptions, RobustClient } from './robustness/robustClient.js';
import { identify } from './robustness/sender.js';

const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Asks every server which model it serves and returns a client over all of them.
 * @throws AmrError when there is no server or they disagree on the model; LlmError when one does not answer
 */
export async function connectLlm(options: ClientOptions): Promise<LlmClient> {
  const clock = options.clock ?? systemClock;
  if (options.servers.length === 0) {
    const hint = 'name a server, for example --llm ollama';
    throw new AmrError({ what: 'LLM client', got: 'no server', expected: 'at least one', hint });
  }
  const asked = (server: LlmServer) => identify(server, clock, CONNECT_TIMEOUT_MS, options.signal);
  const [first, ...others] = await Promise.all(options.servers.map(asked));
  for (const [at, other] of others.entries()) {
    if (other.modelDigest === first.modelDigest && other.serverVersion === first.serverVersion) continue;
    throw new AmrError({
      what: options.servers[at + 1].name,
      got: `model ${other.modelDigest} on version ${other.serverVersion || 'unknown'}`,
      expected: `${first.modelDigest} on version ${first.serverVersion || 'unknown'}, as ${options.servers[0].name}`,
      hint: 'servers in rotation must run the same model on the same version, or results depend on which one answered',
    });
  }
  return new RobustClient(options, clock, first, first.seesImages);
}
