import { describe, expect, test } from '@jest/globals';
import { shortNumber } from './charts.js';
import { renderPage } from './page.js';
import { linearScale, logScale } from './scale.js';

describe('page', () => {
  const page = renderPage({
    title: 'A <b> & "c"',
    introduction: ['one & two'],
    sections: [
      {
        heading: 'Table',
        table: { columns: ['model', 'recall', 'note'], rows: [['<script>', '0.1', 'a < b']], strong: [0], words: [2] },
        lines: [
          {
            title: 'curves',
            xLabel: 'epoch',
            yLabel: 'recall',
            series: [
              {
                name: 'a<b',
                points: [
                  [1, 0.1],
                  [2, 0.3],
                ],
              },
            ],
          },
        ],
        intervals: [
          {
            title: 'differences',
            xLabel: 'difference',
            rows: [
              { label: 'better', estimate: 0.2, low: 0.1, high: 0.3 },
              { label: 'worse', estimate: -0.2, low: -0.3, high: -0.1 },
              { label: 'unclear', estimate: 0, low: -0.1, high: 0.1 },
            ],
          },
        ],
      },
    ],
  });

  test('escapes every text it is given', () => {
    expect(page).toContain('A &lt;b&gt; &amp; &quot;c&quot;');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script');
    expect(page).toContain('a&lt;b');
  });

  test('sets numbers right and columns of words left', () => {
    expect(page).toContain('<td>0.1</td><td class="words">a &lt; b</td>');
  });

  test('needs nothing from outside', () => {
    expect(page).not.toMatch(/https?:|src=|href=|url\(|@import/);
  });

  test('closes every element it opens', () => {
    const opened: string[] = [];
    for (const [, slash, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (name === 'meta') continue;
      if (slash) expect(opened.pop()).toBe(name);
      else opened.push(name);
    }
    expect(opened).toEqual([]);
  });

  test('an interval is a gain, a loss or a tie by where it lies', () => {
    expect([...page.matchAll(/class="point (\w+)"/g)].map((match) => match[1])).toEqual(['gain', 'loss', 'tie']);
  });

  test('says numbers with four digits that count', () => {
    expect(page).toContain('title="better: 0.2 [0.1, 0.3]"');
    expect(shortNumber(1 / 8.1)).toBe('0.1235');
  });

  test('a sortable table has a script, and cells carry what they are sorted by', () => {
    const table = {
      columns: ['', 'n'],
      rows: [['a', { text: '1,000', value: 1000, below: '±3', strong: true }]],
      headings: { 0: 'group' },
    };
    const sorted = renderPage({
      title: '',
      introduction: [],
      sections: [{ heading: '', table: { ...table, sortable: true } }],
    });
    expect(sorted).toContain('<td data-value="1000"><strong>1,000</strong><small>±3</small></td>');
    expect(sorted).toContain('<th colspan="2" scope="rowgroup">group</th>');
    expect(sorted.match(/<script>/g)).toHaveLength(1);
  });

  test('no data is said', () => {
    const empty = { title: 't', xLabel: 'x', yLabel: 'y', series: [], rows: [] };
    const text = renderPage({
      title: '',
      introduction: [],
      sections: [{ heading: '', lines: [empty], intervals: [empty] }],
    });
    expect(text.match(/No data/g)).toHaveLength(2);
  });
});

describe('linearScale', () => {
  test('has round ticks that cover the domain', () => {
    const scale = linearScale(0.013, 0.094, 0, 100, 6);
    expect(scale.ticks.map(scale.format)).toEqual(['0.00', '0.02', '0.04', '0.06', '0.08', '0.10']);
    expect(scale(0)).toBeCloseTo(0);
    expect(scale(0.1)).toBeCloseTo(100);
  });

  test('in the logarithm goes over powers of ten, and a decade is as wide as the next', () => {
    const scale = logScale(0.004, 401, 0, 100);
    expect(scale.ticks).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(scale.ticks.map(scale.format)).toEqual(['0.001', '0.01', '0.1', '1', '10', '100', '1000']);
    expect(scale(0.001)).toBeCloseTo(0);
    expect(scale(1)).toBeCloseTo(50);
    expect(scale(1000)).toBeCloseTo(100);
  });

  test('a single value still has an axis', () => {
    const scale = linearScale(5, 5, 0, 100, 4);
    expect(scale.ticks.length).toBeGreaterThan(1);
    expect(scale(5)).toBeGreaterThanOrEqual(0);
    expect(scale(5)).toBeLessThanOrEqual(100);
  });
});
