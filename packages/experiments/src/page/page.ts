import { type IntervalChart, intervalChart, type LineChart, lineChart } from './charts.js';
import { element, escapeMarkup } from './markup.js';
import { styleSheet } from './styleSheet.js';

/** Rows of text; numbers come formatted. The first column is the row's name. */
export interface PageTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** rows to stress, by index */
  readonly strong?: readonly number[];
  /** columns of words, by index: set left and wrapped; the others but the first are numbers */
  readonly words?: readonly number[];
}

export interface PageSection {
  readonly heading: string;
  readonly paragraphs?: readonly string[];
  readonly table?: PageTable;
  readonly lines?: readonly LineChart[];
  readonly intervals?: readonly IntervalChart[];
}

export interface Page {
  readonly title: string;
  readonly introduction: readonly string[];
  readonly sections: readonly PageSection[];
}

/** One self-contained HTML document: no script, no font, no image, no address of another host. */
export function renderPage(page: Page): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    element('title', {}, escapeMarkup(page.title)),
    `<style>${styleSheet}</style>`,
  ];
  const header = element('h1', {}, escapeMarkup(page.title)) + paragraphs(page.introduction);
  const body = element('main', {}, header + page.sections.map(renderSection).join('\n'));
  return `<!DOCTYPE html>\n<html lang="en">\n<head>${head.join('\n')}</head>\n<body>\n${body}\n</body>\n</html>\n`;
}

function renderSection(section: PageSection): string {
  const parts = [
    element('h2', {}, escapeMarkup(section.heading)),
    paragraphs(section.paragraphs ?? []),
    section.table ? renderTable(section.table) : '',
    ...(section.lines ?? []).map(lineChart),
    ...(section.intervals ?? []).map(intervalChart),
  ];
  return element('section', {}, parts.join('\n'));
}

function renderTable(table: PageTable): string {
  const kind = (column: number): Readonly<Record<string, string>> =>
    table.words?.includes(column) ? { class: 'words' } : {};
  const head = table.columns.map((name, column) =>
    element('th', { scope: 'col', ...kind(column) }, escapeMarkup(name)),
  );
  const rows = table.rows.map((cells, i) => {
    const inner = cells.map((cell, column) =>
      column === 0
        ? element('th', { scope: 'row' }, escapeMarkup(cell))
        : element('td', kind(column), escapeMarkup(cell)),
    );
    return element('tr', table.strong?.includes(i) ? { class: 'strong' } : {}, inner.join(''));
  });
  const content = element('thead', {}, element('tr', {}, head.join(''))) + element('tbody', {}, rows.join('\n'));
  return element('div', { class: 'scroll' }, element('table', {}, content));
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => element('p', {}, escapeMarkup(text))).join('\n');
}
