import type { Tensor } from '@agentmmrec/autograd';

/** What has parameters of its own. */
interface Parametrised {
  readonly parameters: Readonly<Record<string, Tensor>>;
}

/** The parameters of those parts that are there, in their order. */
export function parametersOf(...parts: readonly (Parametrised | null | undefined)[]): Record<string, Tensor> {
  return Object.assign({}, ...parts.map((part) => part?.parameters));
}

/** A trainable table as a part, under its name. */
export function tableOf(table: Tensor): Parametrised {
  return { parameters: { [table.name]: table } };
}
