import { AmrError, type Matrix, matrix, philox, RandomStreams } from '@agentmmrec/core';
import type { Features } from '../contract.js';

/** Widths of the features that the field's benchmarks use: sentence encoder and image network. */
const defaultWidths = [384, 4096];
const modalities = ['text', 'image'];
const widestFeature = 65_536;

/**
 * Adds the features that an option like `synthetic`, `synthetic:384,4096` or `synthetic:384` (text only; 0 leaves one out)
 * asks for: uniform in [-1, 1), a function of the seed, stamped synthetic. They carry no signal: they stand for the true
 * shapes in benchmarks.
 * @throws AmrError input: another option, or a modality the data has already
 */
export function attachSyntheticFeatures(
  features: readonly Features[],
  items: number,
  choices: { readonly features?: string; readonly splitSeed: number },
  remarks: string[],
): Features[] {
  if (choices.features === undefined) return [...features];
  const widths = parseWidths(choices.features);
  const added: Features[] = [];
  widths.forEach((width, n) => {
    if (width === 0) return;
    const modality = modalities[n];
    if (features.some((feature) => feature.modality === modality)) {
      throw new AmrError({
        what: 'option features',
        got: JSON.stringify(choices.features),
        expected: `a modality the data lacks; it has ${modality} features`,
        hint: 'leave the option out, or set that width to 0',
      });
    }
    added.push({ modality, matrix: drawUniform(items, width, modality, choices.splitSeed), synthetic: true });
    remarks.push(`${modality} features of width ${width} are synthetic, drawn from seed ${choices.splitSeed}`);
  });
  return [...features, ...added];
}

function parseWidths(option: string): number[] {
  const match = /^synthetic(?::(\d{1,5})(?:,(\d{1,5}))?)?$/.exec(option);
  const widths = match?.[1] === undefined ? defaultWidths : [Number(match[1]), Number(match[2] ?? 0)];
  if (match && widths.every((width) => width <= widestFeature) && widths.some((width) => width > 0)) return widths;
  throw new AmrError({
    what: 'option features',
    got: JSON.stringify(option),
    expected: `synthetic, or synthetic:TEXT,IMAGE with widths up to ${widestFeature}`,
    hint: 'for example synthetic:384,4096',
  });
}

/** [rows, cols] uniform in [-1, 1). Philox blocks directly: clothing needs 10^8 of these values. */
function drawUniform(rows: number, cols: number, modality: string, seed: number): Matrix {
  const { key } = new RandomStreams(seed).stream(`synthetic features ${modality}`);
  const out = matrix(rows, cols);
  const block = new Uint32Array(4);
  for (let n = 0; n < out.data.length; n += 4) {
    philox(block, key, [n / 4, 0]);
    const end = Math.min(4, out.data.length - n);
    // 24 bits fit a float32 exactly, so rounding cannot reach the open end 1.
    for (let word = 0; word < end; word++) out.data[n + word] = (block[word] >>> 8) / 2 ** 23 - 1;
  }
  return out;
}
