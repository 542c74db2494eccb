import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readSigned, signed } from './signed.js';

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-signed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'file.json');
const content = { name: 'a “b”', list: [1, 0.25, null, { deep: true }], absent: undefined, none: Number.NaN };

test('what was written is whole, as JSON has it', () => {
  writeFileSync(path, JSON.stringify(signed(content), null, 2));
  expect(readSigned(path)).toEqual({
    state: 'whole',
    content: { name: 'a “b”', list: [1, 0.25, null, { deep: true }], none: null },
  });
});

test('whatever byte changes, another content is never whole', () => {
  const bytes = Buffer.from(JSON.stringify(signed(content)));
  const whole = JSON.stringify(readSigned(path)?.content);
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 2, 4, 16, 32]) {
      const changed = Buffer.from(bytes);
      changed[at] ^= bit;
      writeFileSync(path, changed);
      const read = readSigned(path);
      if (read?.state === 'whole') expect(JSON.stringify(read.content)).toBe(whole);
    }
  }
});

test('of before there were digests is told from damage, and other files are none', () => {
  writeFileSync(path, '{"a": 1}');
  expect(readSigned(path)).toEqual({ state: 'unsigned', content: { a: 1 } });
  for (const text of ['', '{', '[]', 'null', '7', '{"__proto__": {"a": 1}}', '{"a": {"constructor": 1}}']) {
    writeFileSync(path, text);
    expect(readSigned(path)).toBeNull();
  }
  expect(() => readSigned(join(folder, 'absent.json'))).toThrow('ENOENT');
});
