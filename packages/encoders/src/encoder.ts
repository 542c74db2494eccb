import type { Matrix } from '@agentmmrec/core';

/** Turns texts into vectors. */
export interface TextEncoder {
  /** `hashing`, or the model's name */
  readonly id: string;
  /** digest of everything that determines its output */
  readonly digest: string;
  readonly width: number;
  /**
   * @param signal ends the work between two batches
   * @returns [texts, width] float32: unit rows, zero for a text without words; owned by the caller
   * @throws the signal's reason
   */
  encode(texts: readonly string[], signal?: AbortSignal): Promise<Matrix>;
}

/** An image that could not be decoded. */
export interface FailedImage {
  /** its place in the input */
  readonly index: number;
  readonly reason: string;
}

/** Turns image files into vectors. */
export interface ImageEncoder {
  /** `pixels`, or the model's name */
  readonly id: string;
  /** digest of everything that determines its output */
  readonly digest: string;
  readonly width: number;
  /**
   * @param signal ends the work between two batches
   * @returns [paths, width] float32, owned by the caller: unit rows; an image that cannot be decoded is recorded in `failed` and
   *   gets the mean of the others (zero when there are none)
   * @throws the signal's reason
   */
  encode(
    paths: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly matrix: Matrix; readonly failed: readonly FailedImage[] }>;
}
