import { closeSync, openSync, readSync } from 'node:fs';

/** First bytes of the types of pictures that we take. What a name or a server says a file is does not count. */
const signatures: readonly { readonly type: ImageType; readonly pattern: RegExp }[] = [
  { type: 'jpg', pattern: /^\xff\xd8\xff/ },
  { type: 'png', pattern: /^\x89PNG\r\n[\s\S]\n/ },
  { type: 'gif', pattern: /^GIF8[79]a/ },
  { type: 'webp', pattern: /^RIFF[\s\S]{4}WEBP/ },
  { type: 'avif', pattern: /^[\s\S]{4}ftyp(?:avi[fs]|mif1|msf1)/ },
  { type: 'tiff', pattern: /^(?:II\*\0|MM\0\*)/ },
];

export type ImageType = 'jpg' | 'png' | 'gif' | 'webp' | 'avif' | 'tiff';

/** The types as a sentence names them. */
export const imageTypes = 'JPEG, PNG, GIF, WebP, AVIF or TIFF';

/**
 * The type of a picture by its first bytes; null for anything else. Drawings (SVG, PDF) are none: what they ask of a decoder has no
 * bound.
 */
export function imageTypeOf(bytes: Uint8Array): ImageType | null {
  const beginning = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return signatures.find(({ pattern }) => pattern.test(beginning))?.type ?? null;
}

/** As `imageTypeOf`, of a file. @throws what the system says of the path */
export function imageTypeOfFile(path: string): ImageType | null {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(12);
    return imageTypeOf(bytes.subarray(0, readSync(file, bytes)));
  } finally {
    closeSync(file);
  }
}

/** Pictures of this many pixels are decoded whatever the size of their file. */
const harmlessPixels = 4_000_000;
/** Even one colour takes more bytes: what claims more pixels was damaged, or made to fill the memory. */
const mostPixelsAByte = 5_000;

/** Refuses by its header a picture that cannot be in a file of its size. @throws Error with what was found, for the reader's own sentence */
export function requirePlausiblePicture({ width, height }: { width: number; height: number }, bytes: number): void {
  if (width * height <= Math.max(harmlessPixels, mostPixelsAByte * bytes)) return;
  throw new Error(`${width} x ${height} pixels in ${bytes} bytes`);
}
