import { type KernelName, openDevice, specs } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { expectSameGradients, failures, specsOf } from '../cuda/support/kernelCases.js';
import { card, cardName } from './card.js';

describe.each(specsOf(card).map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  test('equals the float64 reference, the same bits in a second run', () => {
    expect(failures(definition, card)).toEqual([]);
  });

  test('its gradients are those of the CPU', () => {
    expectSameGradients(definition, card, openDevice('cpu'));
  });
});

const products: readonly KernelName[] = ['gemm', 'bfloatGemm'];

test('runs machine code of its own generation', () => {
  const [, generation, code] = /, sm_(\d+)\d, code (?:sm_(\d+)\d|of the host),/.exec(card.description) ?? [];
  expect(code).toBe(cardName === 'cuda' ? generation : undefined);
});

describe('products by own tiles', () => {
  const device = openDevice(cardName, { blasLibrary: '' });

  test.each(products)('%s equals the float64 reference, the same bits in a second run', (name) => {
    const [definition] = specs.filter((each) => each.name === name);
    expect(failures(definition, device)).toEqual([]);
  });
});
