import { integer, type OptionValues, optional } from '@agentmmrec/core';
import { Budget, type BudgetLimits, type Prices } from './budget.js';

/** What a client over any servers can be told: how long a call may take, and what a run may spend. */
export const clientSchema = {
  callTimeout: integer(240, { min: 1, max: 290, help: 'seconds that one call may take before it is sent again' }),
  maxRequests: optional({ type: 'integer', min: 1, max: 2 ** 31 - 1, help: 'stop before more requests than this' }),
  maxTokens: optional({
    type: 'integer',
    min: 1,
    help: 'stop before more tokens than this, input and output together',
  }),
  maxMoney: optional({ type: 'real', min: 0, help: 'stop before more money than this, by the prices given' }),
  inputPrice: optional({ type: 'real', min: 0, help: 'money for a million input tokens' }),
  outputPrice: optional({ type: 'real', min: 0, help: 'money for a million output tokens' }),
} as const;

/** The values of `clientSchema`. */
export type ClientValues = OptionValues<typeof clientSchema>;

/** What a run may use, by the options. */
export function limitsOf({ maxRequests, maxTokens, maxMoney }: ClientValues): BudgetLimits {
  return {
    maxRequests: maxRequests ?? undefined,
    maxTokens: maxTokens ?? undefined,
    maxMoney: maxMoney ?? undefined,
  };
}

/** What tokens cost, where one of the prices is given: the other is 0 then. */
export function pricesOf({ inputPrice, outputPrice }: Pick<ClientValues, 'inputPrice' | 'outputPrice'>): Prices | null {
  return inputPrice === null && outputPrice === null
    ? null
    : { inputPrice: inputPrice ?? 0, outputPrice: outputPrice ?? 0 };
}

/** The budget that the options mean. @throws AmrError input for a limit of money without prices */
export function budgetOf(values: ClientValues): Budget {
  return new Budget(limitsOf(values), pricesOf(values));
}
