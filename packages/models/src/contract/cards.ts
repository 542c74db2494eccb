import { AmrError } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { Model } from './model.js';

/** Columns that several cards share at least, each (cuda/runtime/context.h). */
const LEAST_COLUMNS = 16;

/** Requires a model whose tables the device's cards can share, and a width of which each gets whole blocks (exit 2). */
export function checkCards(
  { name, options: schema, sharesColumns = true }: Pick<Model, 'name' | 'options' | 'sharesColumns'>,
  { cards }: Pick<Device, 'cards'>,
  options: Readonly<Record<string, unknown>>,
): void {
  if (cards === 1) return;
  if (!sharesColumns || !('dimensions' in schema)) {
    throw new AmrError({
      what: `model ${name}`,
      got: `${cards} cards`,
      expected: 'one card: each of several would do all the work, since its steps take no columns by themselves',
      hint: 'use --device cuda, or name one card as in --device cuda:1',
    });
  }
  const step = LEAST_COLUMNS * cards;
  if (Number(options.dimensions) % step === 0) return;
  throw new AmrError({
    what: `model ${name}, option "dimensions"`,
    got: `${options.dimensions} on ${cards} cards`,
    expected: `a multiple of ${step}, ${LEAST_COLUMNS} columns or a multiple of them for each card`,
    hint: `use --model-option dimensions=${Math.max(1, Math.ceil(Number(options.dimensions) / step)) * step}, or fewer cards`,
  });
}
