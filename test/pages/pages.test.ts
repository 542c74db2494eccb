/// <reference lib="dom" />
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { remakeReports, writeReport } from '@agentmmrec/experiments';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core'; // drives the Chromium that is installed; downloads none
import { root } from '../support/repository.js';
import { crowdedResult } from './crowdedResult.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
/** Where screenshots stay for a person to look at; one is written when it changes. */
const screenshots = join(root, 'test/pages/build');

const seen = executablePath === undefined ? describe.skip : describe;
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-pages-'));
let browser: Browser;
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  files = writeReport(folder, crowdedResult);
  if (executablePath) browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens a page; anything that the browser complains of or asks the network for is a fault. */
async function open(
  path: string,
  width: number,
  colorScheme: 'light' | 'dark',
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => !/^(file|data):/.test(request.url()) && faults.push(`asked for ${request.url()}`));
  await page.goto(pathToFileURL(path).href);
  return { page, faults };
}

async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  const path = join(screenshots, `${name}.png`);
  const now = await page.screenshot({ fullPage: true });
  if (!existsSync(path) || !readFileSync(path).equals(now)) writeFileSync(path, now);
}

/** Words of a figure that lie on each other, and parts that reach out of the page without a bar to scroll them. */
function layoutFaults(): string[] {
  const found: string[] = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
  for (const cell of document.querySelectorAll('th, td')) {
    if (cell.scrollWidth > cell.clientWidth + 2) found.push(`"${cell.textContent}" reaches out of its cell`);
  }
  for (const figure of document.querySelectorAll('figure')) {
    const words = [...figure.querySelectorAll('.ytick, .xtick, .label, .said, .xlabel, figcaption, .legend li')].filter(
      (one) => (one as HTMLElement).offsetParent !== null && one.textContent?.trim() !== '',
    );
    const boxes = words.map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }));
    boxes.forEach(({ text, box }, i) => {
      if (box.left < -1 || box.right > width + 1) found.push(`"${text}" reaches out of the page`);
      for (const other of boxes.slice(i + 1)) {
        const over = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const under = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (over > 1 && under > 1) found.push(`"${text}" lies on "${other.text}"`);
      }
    });
  }
  return found;
}

seen(executablePath ? 'pages in Chromium' : 'pages in Chromium (skipped: no chromium is installed)', () => {
  test.each([
    ['desktop', 1280, 'light'],
    ['desktop', 1280, 'dark'],
    ['phone', 360, 'light'],
    ['phone', 360, 'dark'],
  ] as const)('on a %s, %d wide, %s: no fault, no overlap, nothing cut', async (name, width, scheme) => {
    const { page, faults } = await open(files.page, width, scheme);
    expect(await page.evaluate(layoutFaults)).toEqual([]);
    expect(faults).toEqual([]);
    await keep(page, `experiment-${name}-${scheme}`);
    await page.context().close();
  });

  test('ink and paper are far apart, in both schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open(files.page, 1280, scheme);
      const [ink, paper] = await page.evaluate(() => {
        const style = getComputedStyle(document.body);
        return [style.color, style.backgroundColor].map((colour) =>
          (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number),
        );
      });
      const light = (rgb: number[]) => rgb.reduce((sum, value) => sum + value, 0) / 765;
      expect(Math.abs(light(ink) - light(paper))).toBeGreaterThan(0.6);
      expect(light(paper) > 0.5).toBe(scheme === 'light');
      await page.context().close();
    }
  });

  test('a click sorts the table by its numbers, a second one the other way, and groups stay whole', async () => {
    const { page, faults } = await open(files.page, 1280, 'light');
    const table = page.locator('table.sortable').first();
    const values = (at: number) =>
      table
        .locator('tbody tr')
        .evaluateAll(
          (rows, cell) =>
            rows.map((row) =>
              row.classList.contains('group')
                ? `# ${row.textContent}`
                : ((row as HTMLTableRowElement).cells[cell].dataset.value ?? ''),
            ),
          at,
        );
    const names = await table.locator('thead th').allTextContents();
    const sorted = (numbers: string[], sign: number) =>
      numbers.filter((v) => v !== '').toSorted((a, b) => sign * (Number(a) - Number(b)));
    for (const name of ['Recall@20', 'Recall@20 in the paper']) {
      const before = await values(names.indexOf(name));
      const line = before.findIndex((text) => text.startsWith('#'));
      const missing = before.slice(0, line).filter((v) => v === '').length;
      expect(missing > 0).toBe(name.endsWith('paper'));
      const button = await table.getByRole('button', { name, exact: true }).elementHandle();
      for (const sign of [-1, 1]) {
        await button?.click();
        const now = await values(names.indexOf(name));
        // What has no value comes last either way.
        expect(now.slice(0, line)).toEqual([...sorted(before.slice(0, line), sign), ...Array(missing).fill('')]);
        expect(now[line]).toBe(before[line]);
        const below = before.slice(line + 1);
        expect(now.slice(line + 1).filter((v) => v !== '')).toEqual(sorted(below, sign));
      }
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('the best of a column is bold, wherever it stands', async () => {
    const { page } = await open(files.page, 1280, 'light');
    const strong = await page.locator('table.sortable').first().locator('strong').allTextContents();
    const best = Math.max(...crowdedResult.rows.flatMap(({ mean }) => (mean ? [mean['recall@20']] : [])));
    expect(strong).toContain(best.toFixed(4));
    expect(strong).toHaveLength(4);
    await page.context().close();
  });

  test('the index leads to the page and the page to its other forms', async () => {
    const { page, faults } = await open(files.index, 360, 'light');
    await page.getByRole('link', { name: crowdedResult.title }).click();
    await page.waitForLoadState();
    expect(await page.title()).toContain(crowdedResult.title);
    for (const address of await page
      .locator('.links a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href))) {
      expect(existsSync(new URL(address))).toBe(true);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

test('pages made anew from the results are the same', () => {
  const before = ['page', 'markdown', 'csv', 'latex'].map((form) => readFileSync(files[form], 'utf8'));
  for (const form of ['page', 'markdown', 'csv', 'latex']) rmSync(files[form]);
  expect(remakeReports(folder).results).toBe(1);
  expect(['page', 'markdown', 'csv', 'latex'].map((form) => readFileSync(files[form], 'utf8'))).toEqual(before);
});

test('a report of other options stands beside it, the same again in its place, and a damaged file costs no other', () => {
  const { provenance } = crowdedResult;
  const other = { ...crowdedResult, provenance: { ...provenance, options: { ...provenance.options, epochs: 7 } } };
  const beside = writeReport(folder, other);
  expect(beside.json).not.toBe(files.json);
  const since = { ...provenance, options: { ...provenance.options, cameLater: null } };
  expect(writeReport(folder, { ...crowdedResult, provenance: since }).json).toBe(files.json);
  expect(writeReport(folder, crowdedResult).json).toBe(files.json);
  writeFileSync(join(folder, 'reports', 'cut-0123abcd.json'), '{"format": "agentmm');
  writeFileSync(join(folder, 'reports', 'null.json'), 'null');
  const written = readdirSync(join(folder, 'reports')).filter((name) => /^overall.*json$/.test(name));
  const changed = readFileSync(join(folder, 'reports', written[0]), 'utf8').replace(/0\.(\d)/, '0.9$1');
  writeFileSync(join(folder, 'reports', 'changed-0123abcd.json'), changed);
  expect(remakeReports(folder)).toMatchObject({ results: 2, damaged: ['changed-0123abcd.json', 'cut-0123abcd.json'] });
});
