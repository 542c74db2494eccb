import { describe, expect, test } from '@jest/globals';
import { redactDeep, redactor } from './redaction.js';

const KEY = 'sk-Proj/4+x9=_zQ7.aB';
const redact = redactor([KEY]);
const unicode = [...KEY].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

describe('a key is taken out', () => {
  test.each([
    ['as it is', KEY],
    ['with escaped slashes', KEY.replaceAll('/', '\\/')],
    ['as unicode escapes', unicode],
    ['as unicode escapes inside JSON inside JSON', JSON.stringify(JSON.stringify(unicode)).slice(3, -3)],
    ['in a URL', encodeURIComponent(KEY)],
    ['in a URL twice', encodeURIComponent(encodeURIComponent(KEY))],
    ['in HTML', [...KEY].map((one) => `&#${one.charCodeAt(0)};`).join('')],
    ['as bytes', Buffer.from(KEY).toString('hex')],
    [
      'as bytes in capitals, apart',
      Buffer.from(KEY)
        .toString('hex')
        .toUpperCase()
        .replace(/..(?=.)/g, '$& '),
    ],
    ['in lower case', KEY.toLowerCase()],
  ])('%s', (_name, spelled) => {
    expect(redact(`bad key "${spelled}", sorry`)).toBe('bad key "[key]", sorry');
  });

  test.each(['', 'x', 'Bearer ', 'user:'])('from base64, after "%s"', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${KEY}`).toString(encoding);
      expect(redact(`header ${text}`)).toMatch(/^header .{0,12}\[key\].{0,6}$/);
    }
  });

  test('from decoded values, names of fields included', () => {
    const value = { error: [{ message: `no ${KEY}` }, 3, null], [KEY]: true };
    expect(redactDeep(value, redact)).toEqual({ error: [{ message: 'no [key]' }, 3, null], '[key]': true });
  });
});

test('ordinary words stay, and without a key all of them', () => {
  const text = 'sk-Proj is a prefix; 4+x9 a sum';
  expect([redact(text), redactor([])(text), redactor([''])(text)]).toEqual([text, text, text]);
});
