import { describe, expect, test } from '@jest/globals';
import { cleanText, csvField, escapeHtml, markdownText, printable, withoutMarks } from './text.js';

describe('in', () => {
  test('marks go, controls become spaces, halves are replaced, all else stays', () => {
    expect(cleanText('\ufeffA\u202eB\u2066C\u200fD\u061cE')).toBe('ABCDE');
    expect(cleanText('a\u0000b\u001bc\u0085d\u007f')).toBe('a b c d ');
    expect(cleanText('a\u001b[1;31mb\u001b]0;name\u0007c\u009b2Jd\u001b]8;;x\u001b\\e')).toBe('a b c d e');
    expect(cleanText('a\u001b]never closed')).toBe('a ]never closed');
    expect(cleanText('tab\tline\r\nnext')).toBe('tab\tline\r\nnext');
    expect(cleanText('half \ud83d, whole 😀')).toBe('half \ufffd, whole 😀');
    expect(cleanText('👩‍🍳 é 한')).toBe('👩‍🍳 é 한');
    expect(withoutMarks('\ufeffid\u0007')).toBe('id\u0007');
  });

  test('what shows nothing goes, within words too, and what joins them stays', () => {
    expect(cleanText('wal\u200bnut\ufeff oak\u2060 \u206afelt\u180e \ufff9ash')).toBe('walnut oak felt ash');
    expect(cleanText('oak\u{e0069}\u{e0067}\u{e007f}')).toBe('oak');
    expect(cleanText('one\u2028two\u2029three\u0085four')).toBe('one two three four');
    expect(withoutMarks('user\u200b1')).toBe('user1');
    expect(cleanText('می\u200cخواهم 👩\u200d🍳 क\u094d\u200dष')).toBe('می\u200cخواهم 👩\u200d🍳 क\u094d\u200dष');
  });
});

describe('out', () => {
  test('a terminal gets no control and no direction mark', () => {
    expect(printable('a\u001b[2Jb\rc\u009bd\u202ee\n\tf\r\n')).toBe('a\\u001b[2Jb\\u000dc\\u009bd\\u202ee\n\tf\n');
  });

  test('nor what only some programs take for a line end, nor what shows nothing; JSON so spelled is the same value', () => {
    const text = 'a\u2028b\u2029c\u200bd\u200fe\ufefff\u{e0041}';
    expect(printable(text)).toBe('a\\u2028b\\u2029c\\u200bd\\u200fe\\ufefff\\udb40\\udc41');
    expect(JSON.parse(printable(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
    for (const form of [csvField, escapeHtml, markdownText]) {
      expect(form(`x${text}\u001b[2J\u009b`)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200b\u200f\ufeff]/u);
    }
  });

  test('fields of a table, guarded where that is asked for', () => {
    expect([csvField('a,b'), csvField('say "hi"'), csvField(' x'), csvField('=1+1')]).toEqual([
      '"a,b"',
      '"say ""hi"""',
      '" x"',
      '=1+1',
    ]);
    expect(['=1', '+1', '-1', '@a', 'a=1'].map((text) => csvField(text, true))).toEqual([
      "'=1",
      "'+1",
      "'-1",
      "'@a",
      'a=1',
    ]);
    expect([' =1', '\uff1d1', '\uff20a', '\t=1'].map((text) => csvField(text, true))).toEqual([
      "' =1",
      "'\uff1d1",
      "'\uff20a",
      "'\t=1",
    ]);
  });

  test('HTML', () => {
    expect(escapeHtml(`<a href="x" onclick='y'>&`)).toBe('&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;');
    expect(escapeHtml('a\u202eb\u0000')).toBe('a\\u202eb\\u0000');
  });

  test('Markdown', () => {
    expect(markdownText('a|b\n<img src=x> `c` [d](e) & f_g*\u202e')).toBe(
      'a\\|b &lt;img src=x> \\`c\\` \\[d](e) &amp; f_g\\*\\\\u202e',
    );
  });
});
