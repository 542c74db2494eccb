import type { ImageDescription } from '@agentmmrec/encoders';

/** The distinct visual terms of an image: its described words, its main colour by itself, its background and its detail. */
export function visualTerms(description: ImageDescription): string[] {
  const terms = new Set<string>(description.words);
  const [main, second] = description.subjectColours;
  if (main && main.share >= 0.15) terms.add(main.name);
  if (second && second.share >= 0.15) terms.add(second.name);
  terms.add(description.texture).add(description.detailWord).add(`${description.background} background`);
  return [...terms];
}
