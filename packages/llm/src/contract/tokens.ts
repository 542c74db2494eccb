/**
 * Tokens a picture costs at most after `boundImage`: 0.8 megapixels at 28 x 28 pixels a token, and the least that servers of
 * the Qwen-VL family with llama.cpp charge for any picture (1,024) plus its markers.
 */
export const IMAGE_TOKENS = 1100;

const BYTES_PER_TOKEN = 3.6;

/**
 * Tokens of a text, estimated from its UTF-8 length: English product text has about 4 bytes a token in the vocabularies of
 * Qwen and GPT-4o; 3.6 leaves room for numbers and names. For planning and for refusing hopeless prompts, never for accounting.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, 'utf8') / BYTES_PER_TOKEN);
}

const PIXELS_PER_SIDE = 28;
/** Marks before and after a picture. */
const PICTURE_MARKS = 2;

/** Tokens of a picture by its size, as models of the Qwen-VL family count them: 28 x 28 pixels each. */
export function pictureTokens({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.ceil(width / PIXELS_PER_SIDE) * Math.ceil(height / PIXELS_PER_SIDE) + PICTURE_MARKS;
}
