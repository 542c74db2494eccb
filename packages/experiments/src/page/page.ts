import { escapeHtml } from '@agentmmrec/core';
import { type HeatMap, heatMap, type IntervalChart, intervalChart, type LineChart, lineChart } from './charts.js';
import { element } from './markup.js';
import { sortScript } from './sortScript.js';
import { styleSheet } from './styleSheet.js';

/** A cell: its text, or with what it is sorted by, what stands small below, and whether it is the best of its column. */
export type PageCell =
  | string
  | { readonly text: string; readonly value?: number | null; readonly below?: string; readonly strong?: boolean };

/** Rows of text; numbers come formatted. The first column is the row's name. */
export interface PageTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly PageCell[])[];
  /** rows to stress, by index */
  readonly strong?: readonly number[];
  /** columns of words, by index: set left and wrapped; the others but the first are numbers */
  readonly words?: readonly number[];
  /** lines of their own, above the row of that index */
  readonly headings?: Readonly<Record<number, string>>;
  /** by row, the file that its name leads to */
  readonly links?: readonly string[];
  /** a click on a column's name sorts by it */
  readonly sortable?: boolean;
}

export interface PageSection {
  readonly heading: string;
  readonly paragraphs?: readonly string[];
  /** what belongs together in pairs: `Data`, `Baby` */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  /** names of facts that take a whole line */
  readonly wide?: readonly string[];
  readonly table?: PageTable;
  readonly tables?: readonly { readonly title: string; readonly table: PageTable }[];
  readonly lines?: readonly LineChart[];
  readonly intervals?: readonly IntervalChart[];
  readonly heatMaps?: readonly HeatMap[];
  /** markup made elsewhere */
  readonly markup?: string;
}

export interface Page {
  readonly title: string;
  readonly introduction: readonly string[];
  readonly sections: readonly PageSection[];
  /** addresses beside this page: other forms of it */
  readonly links?: readonly { readonly name: string; readonly file: string }[];
}

/** One self-contained HTML document: no font, no image, no address of another host; its one script sorts tables. */
export function renderPage(page: Page): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    element('title', {}, escapeHtml(page.title)),
    `<style>${styleSheet}</style>`,
  ];
  const header = element('h1', {}, escapeHtml(page.title)) + paragraphs(page.introduction) + links(page);
  const body = element('main', {}, header + page.sections.map(renderSection).join('\n'));
  const sorts = page.sections.some((section) =>
    [section.table, ...(section.tables ?? []).map(({ table }) => table)].some((table) => table?.sortable),
  );
  const script = sorts ? `<script>${sortScript}</script>\n` : '';
  return `<!DOCTYPE html>\n<html lang="en">\n<head>${head.join('\n')}</head>\n<body>\n${body}\n${script}</body>\n</html>\n`;
}

function renderSection(section: PageSection): string {
  const parts = [
    element('h2', {}, escapeHtml(section.heading)),
    paragraphs(section.paragraphs ?? []),
    facts(section.facts ?? [], section.wide ?? []),
    ...(section.tables ?? []).map(({ title, table }) => element('h3', {}, escapeHtml(title)) + renderTable(table)),
    ...(section.intervals ?? []).map(intervalChart),
    ...(section.lines ?? []).map(lineChart),
    ...(section.heatMaps ?? []).map(heatMap),
    section.table ? renderTable(section.table) : '',
    section.markup ?? '',
  ];
  return element('section', {}, parts.join('\n'));
}

function renderTable(table: PageTable): string {
  const kind = (column: number): Readonly<Record<string, string>> =>
    table.words?.includes(column) ? { class: 'words' } : {};
  const head = table.columns.map((name, column) => {
    const text = escapeHtml(name);
    return element(
      'th',
      { scope: 'col', ...kind(column) },
      table.sortable ? element('button', { type: 'button' }, text) : text,
    );
  });
  const rows = table.rows.flatMap((cells, i) => {
    const heading = table.headings?.[i];
    const line =
      heading === undefined
        ? []
        : [
            element(
              'tr',
              { class: 'group' },
              element('th', { colspan: table.columns.length, scope: 'rowgroup' }, escapeHtml(heading)),
            ),
          ];
    const inner = cells.map((cell, column) => renderCell(cell, column, kind(column), table.links?.[i]));
    return [...line, element('tr', table.strong?.includes(i) ? { class: 'strong' } : {}, inner.join(''))];
  });
  const content = element('thead', {}, element('tr', {}, head.join(''))) + element('tbody', {}, rows.join('\n'));
  return element('div', { class: 'scroll' }, element('table', table.sortable ? { class: 'sortable' } : {}, content));
}

function renderCell(
  cell: PageCell,
  column: number,
  kind: Readonly<Record<string, string>>,
  file: string | undefined,
): string {
  const { text, value, below, strong } =
    typeof cell === 'string' ? { text: cell } : { value: undefined, below: undefined, strong: false, ...cell };
  const sorted: Readonly<Record<string, number>> = value === undefined || value === null ? {} : { 'data-value': value };
  const shown = strong ? element('strong', {}, wholeFlags(text)) : wholeFlags(text);
  const linked = file && column === 0 ? element('a', { href: encodeURI(file) }, shown) : shown;
  const small = below ? element('small', {}, escapeHtml(below)) : '';
  return column === 0
    ? element('th', { scope: 'row', ...sorted }, linked + small)
    : element('td', { ...kind, ...sorted }, shown + small);
}

function facts(pairs: readonly (readonly [string, string])[], wide: readonly string[]): string {
  if (pairs.length === 0) return '';
  const items = pairs.map(([name, value]) =>
    element(
      'div',
      wide.includes(name) ? { class: 'wide' } : {},
      element('dt', {}, escapeHtml(name)) + element('dd', {}, wholeFlags(value)),
    ),
  );
  return element('dl', { class: 'facts' }, items.join(''));
}

/** Escaped, with the flags of a command unbroken: a line may end between words, not between the hyphens of one. */
function wholeFlags(text: string): string {
  return escapeHtml(text).replace(/(^|\s)(--[a-z][a-z-]*)/g, '$1<span class="flag">$2</span>');
}

function links({ links: given = [] }: Page): string {
  if (given.length === 0) return '';
  const items = given.map(({ name, file }) => element('a', { href: encodeURI(file) }, escapeHtml(name)));
  return element('p', { class: 'links' }, items.join(' · '));
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => element('p', {}, escapeHtml(text))).join('\n');
}
