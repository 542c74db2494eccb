// Pictures with damaged bytes, and what is none.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describeImage } from '@agentmmrec/encoders';
import { damaged } from '../damage.mjs';

const sharp = createRequire(import.meta.resolve('@agentmmrec/encoders'))('sharp');

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'files', each: 1, least: 2_000 };

/** @returns decodes one damaged picture */
export async function prepare(folder) {
  const source = () => sharp({ create: { width: 40, height: 30, channels: 3, background: '#c81e28' } });
  const pictures = await Promise.all(
    ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'].map((type) => source().toFormat(type).toBuffer()),
  );
  pictures.push(
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
  );
  return async (random) => {
    const place = join(folder, 'case');
    writeFileSync(place, damaged(pictures[random.integer(pictures.length)], random));
    await describeImage(place);
  };
}
