import type { RandomStream } from '@agentmmrec/core';
import type { ItemTraits } from './catalogTraits.js';
import { type CatalogCategory, type CatalogPattern, colours } from './catalogVocabulary.js';

type Rgb = readonly [number, number, number];

/** Silhouettes on a 100 x 100 field. `PAINT` is replaced by fill and outline, `OUTLINE` by a line of the item's own. */
const silhouettes: Record<CatalogCategory, string> = {
  mug: '<path d="M26 26 h40 v46 q0 8 -8 8 h-24 q-8 0 -8 -8 z" PAINT/><path d="M66 36 q18 0 18 15 q0 15 -18 15" fill="none" OUTLINE/>',
  bottle: '<path d="M43 10 h14 v18 q12 8 12 22 v32 q0 8 -8 8 h-22 q-8 0 -8 -8 v-32 q0 -14 12 -22 z" PAINT/>',
  tray: '<rect x="10" y="30" width="80" height="42" rx="9" PAINT/><rect x="17" y="37" width="66" height="28" rx="5" fill="none" OUTLINE/>',
  lamp: '<path d="M32 14 h36 l16 38 h-68 z" PAINT/><path d="M50 52 v30 M34 84 h32" fill="none" OUTLINE/>',
  vase: '<path d="M38 12 h24 q-4 14 8 26 q12 18 0 38 q-3 10 -10 12 h-20 q-7 -2 -10 -12 q-12 -20 0 -38 q12 -12 8 -26 z" PAINT/>',
  clock: '<circle cx="50" cy="50" r="36" PAINT/><path d="M50 50 v-20 M50 50 l14 8" fill="none" OUTLINE/>',
  cushion: '<path d="M14 18 q36 8 72 0 q-8 32 0 64 q-36 -8 -72 0 q8 -32 0 -64 z" PAINT/>',
  shirt: '<path d="M34 14 q16 10 32 0 l24 14 l-9 18 l-11 -5 v45 h-40 v-45 l-11 5 l-9 -18 z" PAINT/>',
  hat: '<path d="M24 62 q0 -40 26 -40 q26 0 26 40 z" PAINT/><path d="M8 62 h84 q-2 14 -42 14 q-40 0 -42 -14 z" PAINT/>',
  bag: '<path d="M20 36 h60 l6 50 h-72 z" PAINT/><path d="M36 36 q0 -22 14 -22 q14 0 14 22" fill="none" OUTLINE/>',
  wallet:
    '<rect x="12" y="26" width="76" height="50" rx="6" PAINT/><path d="M88 44 h-20 v14 h20" fill="none" OUTLINE/>',
  notebook: '<rect x="24" y="12" width="54" height="76" rx="4" PAINT/><path d="M32 12 v76" fill="none" OUTLINE/>',
};

/**
 * The item as a picture: its silhouette in its colour and pattern, lit from the upper left and with a shadow on the ground, before
 * a backdrop of some other colour, with changes of size, place and angle, and now and then a prop. The backdrop covers more of
 * the image than the item does.
 * @param size width and height in pixels
 * @returns SVG text; a function of the traits and the stream
 */
export function drawSvg(item: ItemTraits, size: number, stream: RandomStream): string {
  const paint = jitter(colours[item.colour], 14, stream);
  const backdrop = drawBackdrop(item, stream);
  const scale = 0.66 + 0.24 * stream.uniform();
  const x = 50 + 10 * (stream.uniform() - 0.5);
  const y = 52 + 8 * (stream.uniform() - 0.5);
  const angle = 10 * (stream.uniform() - 0.5);
  const outline = `stroke="${hex(mix(paint, luminance(paint) > 60 ? [0, 0, 0] : [255, 255, 255], 0.45))}" stroke-width="2.5"`;
  const painted = (paints: string) => silhouettes[item.category].replaceAll('PAINT', paints);
  const shape = painted(`fill="url(#surface)" ${outline}`).replaceAll('OUTLINE', outline.replace('2.5', '4'));
  const light = painted('fill="url(#light)"').replaceAll('OUTLINE', 'stroke="none"');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">`,
    `<defs>${surface(item.pattern, paint, stream)}${lightAndShade}</defs>`,
    backdrop,
    '<rect width="100" height="100" fill="url(#room)"/>',
    `<g transform="translate(${fixed(x)} ${fixed(y)}) rotate(${fixed(angle)}) scale(${fixed(scale)}) translate(-50 -50)">`,
    '<ellipse cx="52" cy="88" rx="38" ry="6" fill="url(#shadow)"/>',
    shape,
    light,
    '</g></svg>',
  ].join('');
}

/** Light from the upper left on the item, its shadow on the ground, and a room that darkens towards the corners. */
const lightAndShade = [
  '<linearGradient id="light" x1="0" y1="0" x2="1" y2="0.6">',
  '<stop offset="0" stop-color="#fff" stop-opacity="0.3"/><stop offset="0.4" stop-color="#fff" stop-opacity="0"/>',
  '<stop offset="0.6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.32"/>',
  '</linearGradient>',
  '<radialGradient id="shadow"><stop offset="0" stop-color="#000" stop-opacity="0.45"/>',
  '<stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>',
  '<radialGradient id="room" cx="0.4" cy="0.35" r="0.8"><stop offset="0.4" stop-color="#000" stop-opacity="0"/>',
  '<stop offset="1" stop-color="#000" stop-opacity="0.18"/></radialGradient>',
].join('');

/** Renders the drawing as PNG bytes. */
export async function renderPng(svg: string): Promise<Buffer> {
  // sharp renders the SVG and encodes the PNG; it is also what the encoders decode with. Loading it takes as long as the rest of
  // a short command, and most commands touch no picture.
  const { default: sharp } = await import('sharp');
  return await sharp(Buffer.from(svg)).removeAlpha().png({ compressionLevel: 6, palette: false }).toBuffer();
}

/** The paint of the item: one tile of its pattern, in its colour and an accent much lighter or much darker. */
function surface(pattern: CatalogPattern, paint: Rgb, stream: RandomStream): string {
  const accent = hex(mix(paint, luminance(paint) > 120 ? [20, 20, 24] : [250, 250, 246], 0.8));
  const step = 13 + 5 * stream.uniform();
  const tile = (size: number, marks: string) =>
    `<pattern id="surface" patternUnits="userSpaceOnUse" width="${fixed(size)}" height="${fixed(size)}"><rect width="100" height="100" fill="${hex(paint)}"/>${marks}</pattern>`;
  const bar = fixed(step * 0.32);
  switch (pattern) {
    case 'plain':
      return tile(100, '');
    case 'striped':
      return tile(
        step,
        stream.integer(2) === 0
          ? `<rect width="${bar}" height="100" fill="${accent}"/>`
          : `<rect width="100" height="${bar}" fill="${accent}"/>`,
      );
    case 'dotted':
      return tile(
        step,
        `<circle cx="${fixed(step / 2)}" cy="${fixed(step / 2)}" r="${fixed(step * 0.29)}" fill="${accent}"/>`,
      );
    case 'checked': {
      const thin = fixed(step * 0.24);
      return tile(
        step,
        `<rect width="${thin}" height="100" fill="${accent}"/><rect width="100" height="${thin}" fill="${accent}"/>`,
      );
    }
  }
}

/** A wall, often with a table edge, sometimes with a prop: colours that have nothing to do with the item. */
function drawBackdrop(item: ItemTraits, stream: RandomStream): string {
  const names = Object.keys(colours).filter((name) => name !== item.colour) as (keyof typeof colours)[];
  const other = () =>
    mix(jitter(colours[names[stream.integer(names.length)]], 20, stream), [255, 255, 255], 0.3 * stream.uniform());
  const parts = [`<rect width="100" height="100" fill="${hex(other())}"/>`];
  if (stream.uniform() < 0.4) {
    parts.push(`<rect y="${fixed(70 + 15 * stream.uniform())}" width="100" height="40" fill="${hex(other())}"/>`);
  }
  if (stream.uniform() < 0.4) {
    const side = stream.integer(2) === 0 ? 7 : 93;
    parts.push(
      `<circle cx="${side}" cy="${fixed(12 + 20 * stream.uniform())}" r="${fixed(5 + 4 * stream.uniform())}" fill="${hex(other())}"/>`,
    );
  }
  return parts.join('');
}

function jitter(colour: Rgb, amount: number, stream: RandomStream): Rgb {
  const shift = (value: number) => Math.round(Math.min(255, Math.max(0, value + amount * (2 * stream.uniform() - 1))));
  return [shift(colour[0]), shift(colour[1]), shift(colour[2])];
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((n) => Math.round(a[n] * (1 - share) + b[n] * share)) as unknown as Rgb;
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function hex(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Two decimals: the text must not depend on how a platform prints numbers. */
function fixed(value: number): string {
  return value.toFixed(2);
}
