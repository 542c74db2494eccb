import { choice, integer, real } from '@agentmmrec/core';

/** As its port to MMRec has them. */
export const slmrecOptions = {
  dimensions: integer(64, { min: 2, help: 'width of an embedding' }),
  layers: integer(3, { min: 1, max: 8, help: 'propagation layers' }),
  temperature: real(0.2, { min: 1e-3, help: 'temperature of the main InfoNCE' }),
  task: choice('fac', ['fac', 'fd', 'fm'], 'self-supervised task: fine and coarse, feature dropout, feature masking'),
  selfSupervision: real(0.1, { min: 0, help: 'weight of the self-supervised task' }),
  selfTemperature: real(0.2, { min: 1e-3, help: 'temperature of the self-supervised task' }),
  dropout: real(0.3, { min: 0, max: 0.99, help: 'part of the features dropped at each layer (task fd)' }),
  l2: real(1e-4, { min: 0, help: 'weight of half the squared norm of all parameters' }),
} as const;
