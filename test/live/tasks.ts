import { LlmReasoner } from '@agentmmrec/agents';
import { connectLlm, LlmError, type LlmServer, promptCatalog } from '@agentmmrec/llm';
import { holds, type LiveCheck, type LiveContext, type Target } from './check.js';
import { shop, somePictures } from './shop.js';
import { breachOf, type Heard, tight } from './tightServer.js';

type TaskCall = readonly [task: string, ask: () => Promise<{ readonly value: unknown }>];

/** Pictures of one prompt: an item and a neighbour. */
const PICTURES = 2;

/** All nine tasks, or the five that need no pictures: each answered in the form that was asked for. */
export function taskCheck(target: Target): LiveCheck {
  return {
    name: `${target.seesImages ? 'nine' : 'five'} tasks in constrained answers, ${target.name}`,
    async run(context) {
      const heard: Heard[] = [];
      const server = firstAnswers(tight(target.open(), (one) => heard.push(one)));
      const client = await connectLlm({ servers: [server], ...context });
      holds(client.identity.modelDigest !== '', 'the server does not say which model it serves');
      const reasoner = new LlmReasoner({
        client,
        prompts: promptCatalog(),
        imagesPerPrompt: PICTURES,
        timeoutMs: context.leftMs,
      });
      const pictures = target.seesImages ? await somePictures(context.folder) : [];
      let answered = 0;
      for (const [task, ask] of tasksOf(reasoner, pictures, context)) {
        const before = heard.length;
        answered += await isAnswered(ask);
        const fresh = heard.slice(before);
        holds(fresh.length > 0, `${task}: nothing was asked`);
        for (const one of fresh) holds(breachOf(one) === null, `${task}: not as asked: ${breachOf(one)}`);
        const shown = Math.max(...fresh.map((one) => one.pictures));
        holds(shown > 0 === /visual|multimodal|refine/.test(task) || !target.seesImages, `${task}: ${shown} pictures`);
        const tokens = fresh.map(({ answer }) => answer.usage.inputTokens ?? 0);
        holds(Math.min(...tokens) > 0, `${task}: no usage was told`);
      }
      holds(answered > 0, 'no task was answered');
    },
  };
}

/** The server without second attempts: they have the same form, and builds make them. */
function firstAnswers(server: LlmServer): LlmServer {
  return {
    ...server,
    async complete(request, signal) {
      if (request.sampling.temperature === 0) return server.complete(request, signal);
      const words = { what: server.name, got: 'a second attempt', expected: 'first ones alone' };
      throw new LlmError({ fault: 'malformed', ...words });
    },
  };
}

/** 1 for a value; 0 for answers of the right form whose words say nothing, which is the model's fault and not the server's. */
async function isAnswered(ask: TaskCall[1]): Promise<number> {
  try {
    await ask();
    return 1;
  } catch (thrown) {
    if (thrown instanceof LlmError && thrown.fault === 'malformed') return 0;
    throw thrown;
  }
}

function tasksOf(reasoner: LlmReasoner, pictures: readonly string[], { signal }: LiveContext): TaskCall[] {
  const call = { seed: 5, signal };
  const views = shop(4, pictures).content.map((content, item) => ({ item, content }));
  const [target, ...others] = views;
  const parts = { text: 'Likes blue mugs for camping.', visual: null, crossModal: null };
  const full = { ...parts, visual: 'Deep blue glaze, round and plain.', crossModal: 'Blue in words and in looks.' };
  const candidates = others.map((view) => ({ ...view, properties: parts, fusedSimilarity: 0.5, near: ['text'] }));
  const modalities = pictures.length > 0 ? (['text', 'visual', 'multimodal'] as const) : (['text'] as const);
  const scores = { ndcgBase: 0.6, ndcgReranked: 0.4, attempt: 1 };
  const truth = [{ ...target, properties: parts }];
  const known = (ids: readonly number[]) => {
    for (const id of ids) holds([-1, 1, 2, 3].includes(id), `${id} is no candidate`);
    return { value: ids };
  };
  return [
    ...modalities.map(
      (task): TaskCall => [`preference-${task}`, () => reasoner.preference(task, 0, views.slice(0, 2), call)],
    ),
    ...modalities.map(
      (task): TaskCall => [`property-${task}`, () => reasoner.property(task, target, others.slice(0, 1), call)],
    ),
    [
      'refine-graph',
      async () => {
        const input = { target, properties: parts, candidates, buyerPreferences: [parts], k: 2 };
        return known((await reasoner.refine(input, call)).value);
      },
    ],
    ['rerank', async () => known((await reasoner.rerank({ user: 0, preferences: parts, candidates }, call)).value)],
    [
      'update-preference',
      async () => {
        const preferences = pictures.length > 0 ? full : parts;
        const { value } = await reasoner.updatePreference({ user: 0, preferences, truth, ...scores }, call);
        holds((value.text ?? '').trim() !== '', 'update-preference: an empty text');
        return { value };
      },
    ],
  ];
}

/** A stop signal ends a call at once. */
export function stopCheck(target: Target): LiveCheck {
  return {
    name: `a call stops when told to, ${target.name}`,
    async run({ leftMs }) {
      const client = await connectLlm({ servers: [tight(target.open())] });
      const reasoner = new LlmReasoner({ client, prompts: promptCatalog(), timeoutMs: leftMs });
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 20);
      const views = shop(4).content.map((content, item) => ({ item, content }));
      const error = await reasoner.preference('text', 0, views, { seed: 99, signal: stop.signal }).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      // A very fast server may have answered before.
      holds(error === null || (error instanceof LlmError && error.fault === 'aborted'), `it ended with ${error}`);
    },
  };
}
