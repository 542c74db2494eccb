import { integer, type OptionValues, optional, real } from '@agentmmrec/core';
import { Budget, type BudgetLimits } from './budget.js';

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
  inputPrice: real(0, { min: 0, help: 'money for a million input tokens' }),
  outputPrice: real(0, { min: 0, help: 'money for a million output tokens' }),
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

/** The budget that the options mean. @throws AmrError input for a limit of money without prices */
export function budgetOf(values: ClientValues): Budget {
  const { inputPrice, outputPrice } = values;
  const limits = limitsOf(values);
  const priced = inputPrice + outputPrice > 0;
  return new Budget(limits, priced ? { inputPrice, outputPrice } : null);
}
