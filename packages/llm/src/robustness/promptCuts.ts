import type { LlmServer, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import type { PictureCosts } from '../images/pictureCosts.js';
import { estimateText, picturesOf } from './wire.js';

/** Running text has fewer characters a token in every vocabulary that is common: prompts of ours were seen with 3.3 to 4.3. */
const MOST_CHARACTERS_PER_TOKEN = 7.2;
/** How far below the leanest of the whole prompts so far a whole one may lie, and after how many of them that is known. */
const LEARNT_SHARE = 0.75;
const LEARNT_AFTER = 5;

/**
 * Finds prompts that a server cut without a word, as Ollama does over `/v1`: it reports clearly fewer tokens than the prompt must have. Where
 * that was seen, what the server has read at most is known for the run. Counts that are missing or zero say nothing.
 */
export class PromptCuts {
  /** tokens that a server was seen to read of a longer prompt, by its name */
  private readonly most = new Map<string, number>();
  /** fewest tokens a character of whole prompts without pictures, and how many were seen */
  private leanest = Number.POSITIVE_INFINITY;
  private whole = 0;

  constructor(private readonly costs: PictureCosts) {}

  /** Before a request is sent. @throws LlmError promptCut: this server has cut a prompt, and would cut this one */
  check(server: LlmServer, wire: WireRequest): void {
    const most = this.most.get(server.name);
    if (most !== undefined && this.least(wire) > most) throw cutError(server, wire, most, this.costs);
  }

  /** After an answer. @param reported tokens of its prompt @throws LlmError promptCut: the model did not see the whole prompt */
  observe(server: LlmServer, wire: WireRequest, reported: number | null): void {
    if (reported === null || reported === 0) return;
    if (this.isCut(server, wire, reported)) {
      this.most.set(server.name, Math.max(reported, this.most.get(server.name) ?? 0));
      throw cutError(server, wire, reported, this.costs);
    }
    if (picturesOf(wire).length > 0) return;
    this.leanest = Math.min(this.leanest, reported / charactersOf(wire));
    this.whole++;
  }

  /** Whether an answer that says to have read `reported` tokens was given to less than the prompt. */
  isCut(server: LlmServer, wire: WireRequest, reported: number): boolean {
    return server.cutsSilently === true && reported < this.least(wire);
  }

  /** Tokens that a prompt has at the very least. */
  private least(wire: WireRequest): number {
    const perCharacter = this.whole < LEARNT_AFTER ? 0 : LEARNT_SHARE * this.leanest;
    const text = charactersOf(wire) * Math.max(perCharacter, 1 / MOST_CHARACTERS_PER_TOKEN);
    return Math.floor(text) + this.costs.least(picturesOf(wire));
  }
}

function charactersOf({ system, turns }: WireRequest): number {
  return turns.reduce((sum, { text }) => sum + text.length, system.length);
}

function cutError(server: LlmServer, wire: WireRequest, read: number, costs: PictureCosts): LlmError {
  const about = estimateText(wire) + costs.estimate(picturesOf(wire));
  return new LlmError({
    fault: 'promptCut',
    what: server.name,
    got: `${read} tokens read of a prompt of about ${about}: the context of the server is too small, and it cut the prompt without a word`,
    expected: 'the whole prompt read',
  });
}
