import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import layers from '../architecture/layers.cjs';
import { finished } from '../support/cli.js';
import { root } from '../support/repository.js';

test('the committed pictures are what the script draws, with every package of the layers', async () => {
  const script = join(root, 'docs/pictures/draw.mjs');
  const program = `import { pictures } from ${JSON.stringify(script)}; console.log(JSON.stringify(pictures()));`;
  const { stdout, stderr } = await finished(process.execPath, ['--input-type=module', '--eval', program]);
  expect(stderr).toBe('');
  const drawn = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(drawn).length).toBeGreaterThan(1);
  for (const [name, svg] of Object.entries(drawn)) {
    expect({ name, svg: readFileSync(join(root, 'docs/pictures', name), 'utf8') }).toEqual({ name, svg });
  }
  for (const name of layers.flat()) expect(drawn['layers.svg']).toContain(`>${name}</text>`);
});
