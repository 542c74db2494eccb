import { type Log, silentLog } from '@agentmmrec/core';
import type { LlmServer, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import type { PictureCosts } from '../images/pictureCosts.js';
import { estimateText, picturesOf } from './wire.js';

/** Running text has fewer characters a token in every vocabulary that is common: prompts of ours were seen with 3.3 to 4.3. */
const MOST_CHARACTERS_PER_TOKEN = 7.2;
/** How far below the leanest of the whole prompts so far a whole one may lie, and after how many of them that is known. */
const LEARNT_SHARE = 0.75;
const LEARNT_AFTER = 5;
/** A count of next to nothing that is nearly as large as that of a whole prompt is no count. */
const FOLLOWING_SHARE = 0.9;

/**
 * Finds prompts that a server cut without a word, as Ollama does over `/v1`: it reports clearly fewer tokens than the prompt must have. Where
 * that was seen, what the server has read at most is known for the run. Counts that are missing or zero say nothing, nor do those of a
 * server that reports as much of next to nothing.
 */
export class PromptCuts {
  /** tokens that a server was seen to read of a longer prompt, by its name */
  private readonly most = new Map<string, number>();
  /** whether a server's counts follow its prompts, by its name; asked at the first that seems cut */
  private readonly following = new Map<string, Promise<boolean>>();
  private readonly meaningless = new Set<string>();
  /** fewest tokens a character of whole prompts without pictures, and how many were seen */
  private leanest = Number.POSITIVE_INFINITY;
  private whole = 0;

  constructor(
    private readonly costs: PictureCosts,
    private readonly log: Log = silentLog,
  ) {}

  /** Before a request is sent. @throws LlmError promptCut: this server has cut a prompt, and would cut this one */
  check(server: LlmServer, wire: WireRequest): void {
    const most = this.most.get(server.name);
    if (most !== undefined && this.least(wire) > most) throw cutError(server, wire, most, this.costs);
  }

  /**
   * After an answer: the tokens of its prompt as reported, or null where reports say nothing.
   * @param little asks the server with next to nothing, and gives what it reports of that
   * @throws LlmError promptCut: the model did not see the whole prompt
   */
  async observe(
    server: LlmServer,
    wire: WireRequest,
    reported: number | null,
    little: () => Promise<number | null>,
  ): Promise<number | null> {
    if (reported === null || this.meaningless.has(server.name)) return null;
    if (reported === 0) return 0;
    if (this.isCut(server, wire, reported)) {
      if (!(await this.follows(server, reported, little))) return null;
      this.most.set(server.name, Math.max(reported, this.most.get(server.name) ?? 0));
      throw cutError(server, wire, reported, this.costs);
    }
    if (picturesOf(wire).length > 0) return reported;
    this.leanest = Math.min(this.leanest, reported / charactersOf(wire));
    this.whole++;
    return reported;
  }

  private async follows(server: LlmServer, reported: number, little: () => Promise<number | null>): Promise<boolean> {
    const known = this.following.get(server.name) ?? this.findsOut(server, reported, little);
    this.following.set(server.name, known);
    return known;
  }

  private async findsOut(server: LlmServer, reported: number, little: () => Promise<number | null>): Promise<boolean> {
    const few = await little();
    if (few === null || few < FOLLOWING_SHARE * reported) return true;
    this.meaningless.add(server.name);
    this.log.warn(
      `${server.name} reports ${few} tokens of a prompt of one word and ${reported} of a long one: from now on prompts are counted by estimate`,
    );
    return false;
  }

  /** Whether an answer that says to have read `reported` tokens was given to less than the prompt. */
  isCut(server: LlmServer, wire: WireRequest, reported: number): boolean {
    return server.cutsSilently === true && !this.meaningless.has(server.name) && reported < this.least(wire);
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
