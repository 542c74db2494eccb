import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LiteralValue, parsePythonLiteral, parseShallowJson } from './pythonLiteral.js';

/** As Python's repr writes it. */
function repr(value: LiteralValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') {
    const body = value
      .replaceAll('\\', '\\\\')
      .replaceAll("'", "\\'")
      .replaceAll('\n', '\\n')
      .replace(
        /[\p{Cc}\p{Surrogate}\u{10000}-\u{10ffff}]/gu,
        (c) => `\\U${(c.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
      );
    return `'${body}'`;
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, entry]) => `${repr(key)}: ${repr(entry as LiteralValue)}`)
    .join(', ')}}`;
}

describe('parsePythonLiteral', () => {
  test.each([
    ["{'a': [1, -2.5e3, None], 'b': (True, False,)}", { a: [1, -2500, null], b: [true, false] }],
    [`"it's" ' joined'`, "it's joined"],
    [`u'\\xe9\\u00e9\\U0001f600\\101\\q\\\\'`, 'éé😀A\\q\\'],
    [`r'a\\n'`, 'a\\n'],
    ["'''three 'quotes' '''", "three 'quotes' "],
    ['{1: 2L, }', { 1: 2 }],
    ['[]', []],
    ['()', []],
  ])('%s', (source, value) => {
    expect(parsePythonLiteral(source)).toEqual(value);
  });

  test.each([
    '',
    '{',
    "{'a' 1}",
    "'open",
    '[1 2]',
    "__import__('os')",
    '{} {}',
    "'\\xzz'",
    '[1,,2]',
    '1 + 1',
    "'\\U00110000'",
  ])('refuses %j', (source) => {
    expect(() => parsePythonLiteral(source)).toThrow(/expected .* at character \d+/);
  });

  test('deep nesting is refused, not a crash', () => {
    expect(() => parsePythonLiteral('['.repeat(100_000))).toThrow('at most 64 levels');
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(() => parseShallowJson(deep(100_000))).toThrow('more than 64 levels');
    expect(() => parseShallowJson(`{"a":${deep(64)}}`)).toThrow('more than 64 levels');
    expect(parseShallowJson('[{"a":[1]}]')).toEqual([{ a: [1] }]);
  });

  test('a key named __proto__ is a key', () => {
    const value = parsePythonLiteral("{'__proto__': {'polluted': 1}}");
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('reads back what repr writes', () => {
    const { value } = fc.letrec<{ value: LiteralValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (before) => {
        expect(JSON.stringify(parsePythonLiteral(repr(before)))).toBe(JSON.stringify(before));
      }),
    );
  });

  test('random text is read or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]()\'",:\\xu01aTrueNone ') }), (source) => {
        try {
          parsePythonLiteral(source);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
