import { AmrError } from '@agentmmrec/core';
import type { Usage } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';

/** What a run may use. A limit left out is none. */
export interface BudgetLimits {
  readonly maxRequests?: number;
  /** input and output together */
  readonly maxTokens?: number;
  readonly maxMoney?: number;
}

/** Money for a million tokens, in whatever currency the limit is given. */
export interface Prices {
  readonly inputPrice: number;
  readonly outputPrice: number;
}

/**
 * Counts requests, tokens and money against limits. The most a request can use is set aside before it is sent and settled
 * after, so that many calls in flight cannot overrun a limit together. What comes from the cache costs nothing.
 */
export class Budget {
  private requests = 0;
  private spent: Usage = { inputTokens: 0, outputTokens: 0 };
  private setAside: Usage = { inputTokens: 0, outputTokens: 0 };

  constructor(
    private readonly limits: BudgetLimits = {},
    /** needed for a limit of money */
    private readonly prices: Prices | null = null,
  ) {
    if (limits.maxMoney !== undefined && prices === null) {
      const hint = 'give the prices of a million input and output tokens';
      throw new AmrError({ what: 'budget of money', got: 'no prices', expected: 'the prices of tokens', hint });
    }
  }

  /** Sets aside `most`. @throws LlmError budget, when it would not fit; nothing is then set aside */
  reserve(most: Usage): Reservation {
    const after = sum(sum(this.spent, this.setAside), most);
    this.check('requests', this.requests + 1, this.limits.maxRequests);
    this.check('tokens', after.inputTokens + after.outputTokens, this.limits.maxTokens);
    this.check('money', this.price(after) ?? 0, this.limits.maxMoney);
    this.requests++;
    this.setAside = sum(this.setAside, most);
    let open = true;
    return {
      settle: (used) => {
        if (!open) return;
        open = false;
        this.setAside = sum(this.setAside, { inputTokens: -most.inputTokens, outputTokens: -most.outputTokens });
        this.spent = sum(this.spent, used);
      },
    };
  }

  /** `money` is null without prices. */
  used(): Usage & { readonly requests: number; readonly money: number | null } {
    return { ...this.spent, requests: this.requests, money: this.price(this.spent) };
  }

  private price(usage: Usage): number | null {
    if (this.prices === null) return null;
    const { inputPrice, outputPrice } = this.prices;
    return (usage.inputTokens * inputPrice + usage.outputTokens * outputPrice) / 1e6;
  }

  private check(of: string, would: number, limit: number | undefined): void {
    if (limit === undefined || would <= limit) return;
    const got = `${round(would)} with the next call`;
    throw new LlmError({ fault: 'budget', what: `budget of ${of}`, got, expected: `at most ${limit}` });
  }
}

export interface Reservation {
  /** Replaces what was set aside by what was used; the second call does nothing. */
  settle(used: Usage): void;
}

function sum(a: Usage, b: Usage): Usage {
  return { inputTokens: a.inputTokens + b.inputTokens, outputTokens: a.outputTokens + b.outputTokens };
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}
