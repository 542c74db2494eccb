import { openDevice, specs } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { expectSameGradients, failures } from '../cuda/support/kernelCases.js';
import { card, onCard } from './card.js';

onCard('kernels on the card', () => {
  describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
    test('equals the float64 reference, the same bits in a second run', () => {
      expect(failures(definition, card())).toEqual([]);
    });

    test('its gradients are those of the CPU', () => {
      expectSameGradients(definition, card(), openDevice('cpu'));
    });
  });
});
