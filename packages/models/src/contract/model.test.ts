import { describe, expect, test } from '@jest/globals';
import { findModel, learningRateOf, models, readModelOptions } from '../index.js';

describe('learning rates', () => {
  test('are the preset’s, else the model’s, else the usual one', () => {
    const rate = (name: string, given = {}) => learningRateOf(findModel(name), given);
    expect(rate('lightgcn')).toBe(1e-3);
    expect(rate('hpmrec')).toBe(1e-4);
    expect(rate('hpmrec + graph')).toBe(1e-4);
    expect(rate('lightgcn', { preset: 'source' })).toBe(1e-3);
    expect(rate('lightgcn', { preset: 'tuned' })).toBe(3e-3);
  });

  test('of a preset are no option of the model', () => {
    const options = readModelOptions(findModel('lightgcn'), { preset: 'tuned', layers: 1 });
    expect(options).toMatchObject({ layers: 1, l2: 1e-2, preset: 'tuned' });
    expect(options).not.toHaveProperty('learningRate');
  });
});

test.each(Object.keys(models))(
  '%s: presets and what is tuned name options that it has, with values that it takes',
  (name) => {
    const model = findModel(name);
    const { options, presets = {}, tuning = {} } = model;
    for (const preset of Object.keys(presets)) {
      expect(() => readModelOptions(model, { preset })).not.toThrow();
      expect(learningRateOf(model, { preset })).toBeGreaterThan(0);
    }
    for (const [option, values] of Object.entries(tuning).filter(([of]) => of !== 'learningRate')) {
      expect(Object.keys(options)).toContain(option);
      for (const value of values) expect(() => readModelOptions(model, { [option]: value })).not.toThrow();
    }
  },
);
