import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const made: string[] = [];

/** Removes every folder made here; for `afterAll`. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** An empty folder that `removeFolders` removes. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'encoders-'));
  made.push(folder);
  return folder;
}

/** A file of the given bytes. */
export function fileOf(bytes: Uint8Array | string, name = 'image.png'): string {
  const path = join(newFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** SVG shapes on a 100 x 100 field as a PNG file of 96 x 96 pixels. */
export async function drawn(shapes: string, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<string> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 100 100">${shapes}</svg>`;
  return fileOf(await sharp(Buffer.from(svg)).toFormat(format).toBuffer(), `image.${format}`);
}

/** A square product in the middle, painted with a fill and crossed by marks, before a backdrop. */
export async function product(fill: string, marks = '', backdrop = '#dddddd'): Promise<string> {
  return await drawn(
    `<rect width="100" height="100" fill="${backdrop}"/><clipPath id="c"><rect x="20" y="20" width="60" height="60"/></clipPath><rect x="20" y="20" width="60" height="60" fill="${fill}"/><g clip-path="url(#c)">${marks}</g>`,
  );
}
