import { pictureTokens } from '../contract/tokens.js';

interface Sized {
  readonly width: number;
  readonly height: number;
}

/** How much each answer moves what was learnt. */
const WEIGHT = 0.2;
/** Of what was learnt: texts are counted by estimate, and their error falls on the pictures. */
const SURE_SHARE = 0.5;

/**
 * What pictures cost a model: by their size at first, and by what its server reports after. Servers differ: some charge by the
 * pixel, some never less than a thousand tokens.
 */
export class PictureCosts {
  /** tokens a picture, by report, in place of those by size; null before the first report */
  private ratio: number | null = null;
  /** least tokens of one picture, where reports say more than the size does */
  private floor = 0;

  /** Tokens that pictures will take. */
  estimate(pictures: readonly Sized[]): number {
    return pictures.reduce(
      (sum, one) => sum + Math.max(this.floor, Math.ceil(pictureTokens(one) * Math.min(1, this.ratio ?? 1))),
      0,
    );
  }

  /** Tokens that pictures take at the very least: one each before the first report. */
  least(pictures: readonly Sized[]): number {
    if (this.ratio === null) return pictures.length;
    return Math.max(pictures.length, Math.floor(SURE_SHARE * this.estimate(pictures)));
  }

  /** @param reported tokens of a prompt @param text tokens of its words by estimate */
  observe(pictures: readonly Sized[], reported: number | null, text: number): void {
    if (reported === null || pictures.length === 0) return;
    const measured = Math.max(pictures.length, reported - text);
    const bySize = pictures.reduce((sum, one) => sum + pictureTokens(one), 0);
    this.ratio = this.ratio === null ? measured / bySize : (1 - WEIGHT) * this.ratio + WEIGHT * (measured / bySize);
    if (measured > 1.5 * bySize) this.floor = Math.max(this.floor, Math.ceil(measured / pictures.length));
  }
}
