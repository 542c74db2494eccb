import { AmrError } from '@agentmmrec/core';
import type { FastifyError } from 'fastify';
import type { Problem } from '../client/client.js';
import { NotThere } from '../refusals.js';

/** A refusal as it is sent: the status and the one shape of all of them. */
export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
}

/** What an error means to whoever asked. What is our own fault says no more than that. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof AmrError) {
    const { what, got, expected, hint } = error;
    return { status: statusOf(error), problem: { error: what, got, expected, hint } };
  }
  const { validation, validationContext, statusCode, message } = error as Partial<FastifyError>;
  if (validation) return invalid(validation[0], validationContext ?? 'request');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const problem = {
      error: 'request',
      got: message ?? 'a bad request',
      expected: 'a request as the OpenAPI document says',
      hint: 'see /api/openapi.json',
    };
    return { status: statusCode, problem };
  }
  const problem = {
    error: 'server',
    got: 'an error of its own',
    expected: 'an answer',
    hint: 'the terminal of agentmmrec serve says more',
  };
  return { status: 500, problem };
}

function statusOf(error: AmrError): number {
  if (error instanceof NotThere) return 404;
  return error.kind === 'input' ? 400 : 500;
}

type Fault = NonNullable<FastifyError['validation']>[number];

function invalid({ instancePath, message, params, keyword }: Fault, context: string): Refusal {
  const { additionalProperty, missingProperty, allowedValues } = params as Record<string, unknown>;
  const name = instancePath.slice(1) || String(additionalProperty ?? missingProperty ?? context);
  const known = Array.isArray(allowedValues) ? `one of ${allowedValues.join(', ')}` : (message ?? 'another value');
  const expected = { additionalProperties: 'only what the route knows', required: 'a value' }[keyword] ?? known;
  const got =
    { additionalProperties: 'a name that is not known', required: 'nothing' }[keyword] ?? 'a value that does not fit';
  return {
    status: 400,
    problem: {
      error: `${context === 'querystring' ? 'query' : context} ${name}`,
      got,
      expected,
      hint: 'see /api/openapi.json',
    },
  };
}
