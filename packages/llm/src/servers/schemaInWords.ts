import type { WireRequest } from '../contract/contract.js';

/** Instructions that say the form of an answer, where it cannot be sent as a schema. */
export function withSchemaInWords({ system, jsonSchema }: WireRequest): string {
  return `${system}\n\nYour answer is one JSON object that holds to this JSON schema, and nothing else: ${JSON.stringify(jsonSchema)}`;
}

/** What people are told of such a server, once. */
export function withoutSchema(name: string): string {
  return `${name} takes no JSON schema: the form of answers is asked for in words, and checked as ever`;
}
