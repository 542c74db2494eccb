/** Weight of images among the modalities where nothing else is said (docs/method.md#graphs). */
export const IMAGE_WEIGHT = 0.1;

/**
 * How the raw item graphs of several modalities are weighed where they stand in for the refined graph: `imageWeight` for the
 * modality `image`, the rest in equal shares for the others; a modality that stands alone has weight 1, and without images all
 * have equal shares. The weights sum to 1 (docs/method.md#graphs: 0.1 visual + 0.9 textual).
 */
export function modalityWeights(modalities: readonly string[], imageWeight: number): number[] {
  const others = modalities.filter((modality) => modality !== 'image').length;
  if (others === 0 || others === modalities.length) return modalities.map(() => 1 / modalities.length);
  return modalities.map((modality) => (modality === 'image' ? imageWeight : (1 - imageWeight) / others));
}
