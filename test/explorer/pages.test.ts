/// <reference lib="dom" />
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { Explorer, type ServedExplorer, serveExplorer } from '@agentmmrec/explorer';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type DemoWorkspace, demoWorkspace } from '../../packages/explorer/src/testing/demoWorkspace.js';
import { root } from '../support/repository.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
/** Where screenshots stay for a person to look at; one is written when it changes. */
const screenshots = join(root, 'test/explorer/build');
const hostile = [
  '<img src=x onerror="alert(1)" id="injected">',
  '<svg onload=alert(2) id="injected"><g>',
  '"><mark id="injected">bold</mark>',
  'x'.repeat(10_000),
  'a very-long-title-without-any-space-that-would-stretch-a-page-beyond-the-window-of-a-phone-if-it-were-let',
];

/** Tags are taken out of titles as they are read, those that lay out a text (b, p, br) also encoded; other encoded ones come through as text. */
const encoded = (title: string) => title.replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const seen = executablePath === undefined ? describe.skip : describe;
let demo: DemoWorkspace;
let served: ServedExplorer;
let empty: ServedExplorer;
let browser: Browser;
const build = mkdtempSync(join(tmpdir(), 'agentmmrec-web-'));

function explore(workspace: string): Explorer {
  return new Explorer({
    workspace,
    data: null,
    load: async (name) => await loadDataset(name, { workspace, splitSeed: 7, log: silentLog }),
    device: () => openDevice('cpu', { threads: 1 }),
  });
}

beforeAll(async () => {
  if (!executablePath) return;
  // The pages as they are now, whatever an earlier build left.
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [
    vite,
    'build',
    join(root, 'packages/explorer/web'),
    '--outDir',
    build,
    '--emptyOutDir',
  ]);
  demo = await demoWorkspace({ titles: hostile.map(encoded) });
  mkdirSync(join(demo.path, 'reports'));
  writeFileSync(join(demo.path, 'reports/study.html'), '<!doctype html><title>A study</title><h1>The study</h1>');
  const shared = { version: '0.0.0', host: '127.0.0.1', port: 0, token: null, pages: build };
  served = await serveExplorer({ ...shared, explorer: explore(demo.path) });
  empty = await serveExplorer({ ...shared, explorer: explore(join(demo.path, 'nowhere')) });
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await empty?.close();
  if (demo) rmSync(dirname(demo.path), { recursive: true });
  rmSync(build, { recursive: true });
});

interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** what the browser complained of, or asked another server for */
  readonly faults: string[];
}

async function open(
  path: string,
  { width = 1280, colorScheme = 'light' as 'light' | 'dark', at = served } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('dialog', (dialog) => faults.push(`a dialog: ${dialog.message()}`));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on(
    'request',
    (request) => request.url().startsWith(`http://127.0.0.1:${at.port}/`) || faults.push(request.url()),
  );
  await page.goto(`http://127.0.0.1:${at.port}${path}`);
  return { page, context, faults };
}

/** Parts that reach out of the window without a bar to scroll them. */
function layoutFaults(): string[] {
  const width = document.documentElement.clientWidth;
  const wide =
    document.documentElement.scrollWidth > width ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
  const inScroll = (element: Element) => element.closest('.scroll, .strip, .nav, .command, .suggestions, svg') !== null;
  const out = [...document.querySelectorAll('main *, header *')].filter(
    (element) => !inScroll(element) && element.getBoundingClientRect().right > width + 1,
  );
  return [...wide, ...out.slice(0, 5).map((element) => `${element.tagName} ${element.className} reaches out`)];
}

async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  const path = join(screenshots, `${name}.png`);
  const now = await page.screenshot({ fullPage: true });
  if (!existsSync(path) || !readFileSync(path).equals(now)) writeFileSync(path, now);
}

seen(executablePath ? 'pages in Chromium' : 'pages in Chromium (skipped: no chromium is installed)', () => {
  const everyPage = (): Readonly<Record<string, readonly [string, string]>> => ({
    runs: ['/', 'Reranked Recall@20'],
    run: [`/runs/${demo.knowledgeRun}`, '1 feedback round'],
    compare: [`/compare?runs=${demo.plainRun},${demo.knowledgeRun}`, 'Where they differ'],
    users: ['/users', 'user-0001'],
    user: [`/users/user-0003?run=${demo.knowledgeRun}`, 'Reranked by knowledge'],
    items: ['/items', 'item-0001'],
    item: ['/items/item-0005', 'Properties'],
    graphs: ['/graphs?kind=item&id=item-0005', 'the refined item graph'],
    knowledge: ['/knowledge', 'Preferences of users'],
    reports: ['/reports', 'A study'],
  });

  test.each(['runs', 'run', 'compare', 'users', 'user', 'items', 'item', 'graphs', 'knowledge', 'reports'])(
    '%s: on a desktop and a phone, light and dark, without a fault, nothing cut',
    async (name) => {
      const [path, text] = everyPage()[name];
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [360, 'dark'],
      ] as const) {
        const { page, context, faults } = await open(path, { width, colorScheme });
        await page.getByText(text).first().waitFor();
        await page.waitForLoadState('load');
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        expect(await page.evaluate(layoutFaults)).toEqual([]);
        expect(faults).toEqual([]);
        const [ink, paper] = await page.evaluate(() => {
          const style = getComputedStyle(document.body);
          return [style.color, style.backgroundColor].map((colour) =>
            (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number),
          );
        });
        const light = (rgb: number[]) => rgb.reduce((sum, value) => sum + value, 0) / 765;
        expect(light(paper) > 0.5).toBe(colorScheme === 'light');
        expect(Math.abs(light(ink) - light(paper))).toBeGreaterThan(0.6);
        await keep(page, `${name}-${width}-${colorScheme}`);
        await context.close();
      }
    },
  );

  test('the first look has its style: no script is needed for it, and nothing is inlined', async () => {
    const html = await (await fetch(served.address)).text();
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|onload=/);
    const styles = [...html.matchAll(/<link rel="stylesheet"[^>]*href="([^"]+)"/g)].map(([, href]) => href);
    expect(styles.length).toBeGreaterThan(0);
    const reply = await fetch(new URL(styles[0], served.address));
    expect(reply.headers.get('cache-control')).toContain('immutable');
    expect(await reply.text()).toContain('prefers-color-scheme');
  });

  test('a column sorts by a click, turns round at the second, and the filter narrows', async () => {
    const { page, context } = await open('/runs');
    const labels = async () => await page.locator('tbody tr td:nth-child(2) > a').allTextContents();
    await expectSoon(labels, ['AgentMMRec', 'LightGCN']);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    expect(await labels()).toEqual(['AgentMMRec', 'LightGCN']);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    expect(await labels()).toEqual(['LightGCN', 'AgentMMRec']);
    expect(await page.locator('th[aria-sort=descending]').textContent()).toContain('Run');
    await page.getByRole('searchbox', { name: 'Filter the runs' }).fill('light');
    await expectSoon(labels, ['LightGCN']);
    await context.close();
  });

  test('chosen runs are laid over each other, and the arrow keys read them off', async () => {
    const { page, context } = await open('/runs');
    await page.locator('.chart .curve').nth(1).waitFor({ state: 'attached' });
    await page.getByLabel('Draw LightGCN').uncheck();
    await page.locator('.chart .curve').nth(1).waitFor({ state: 'detached' });
    await page.locator('.chart').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('.legend').first().textContent()).toMatch(/AgentMMRec.*\d\.\d{4} at 2/);
    await context.close();
  });

  test('a run that trains appears and moves without the page being loaded again', async () => {
    const { page, context, faults } = await open('/runs');
    await page.getByText('LightGCN').first().waitFor();
    const curve = join(demo.path, 'runs', demo.plainRun, 'checkpoint.curve.jsonl');
    const before = readFileSync(curve, 'utf8');
    const start = JSON.parse(before.split('\n')[0]) as Record<string, unknown>;
    const begun = `${before}${JSON.stringify({ ...start, epochs: 50, startedAtMs: Date.now() + 1000 })}\n`;
    try {
      writeFileSync(curve, begun);
      await page.getByText('3 of 50').waitFor();
      await page.locator('.foot', { hasText: '1 running' }).waitFor();
      writeFileSync(
        curve,
        `${begun}${JSON.stringify({ epoch: 3, loss: 0.1, validation: { 'recall@20': 0.9 }, atMs: Date.now() })}\n`,
      );
      await page.getByText('4 of 50').waitFor();
      await page.locator('.legend', { hasText: '0.9000' }).waitFor();
    } finally {
      writeFileSync(curve, before);
    }
    await page.getByText('4 of 50').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await context.close();
  });

  test('the search finds by id and title, by keyboard alone, and going back returns', async () => {
    const { page, context } = await open('/runs');
    await page.getByText('LightGCN').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('user-0007');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'user-0007', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/users/user-0007');
    await page.goBack();
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await page.getByRole('combobox', { name: 'Find a user or an item' }).fill('item-0006');
    await page.getByRole('option').first().click();
    await page.getByRole('heading', { name: 'Properties' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/items/item-0006');
    await context.close();
  });

  test('a list opens to the reasons of a place, and shows the order before reranking', async () => {
    const { page, context, faults } = await open(`/users/user-0003?run=${demo.knowledgeRun}`);
    const places = async () => await page.locator('.place .name a').allTextContents();
    await page.getByRole('button', { name: 'As the model ranks' }).waitFor();
    const after = await places();
    await page.getByRole('button', { name: /^why/ }).first().click();
    await page.getByText('Where the score came from').waitFor();
    expect(await page.locator('.why .parts dt').allTextContents()).toContain('users with like preferences (bmu)');
    await page.getByRole('button', { name: 'As the model ranks' }).click();
    const before = await places();
    expect([...before].sort()).not.toEqual([]);
    expect(after.length).toBe(before.length);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('two versions are shown word by word', async () => {
    const list = await (await fetch(`${served.address}api/users?limit=40`)).json();
    let shown = false;
    for (const { id } of (list as { users: { id: string }[] }).users) {
      const found = await (await fetch(`${served.address}api/users/${id}/knowledge`)).json();
      if ((found as { versions: unknown[] }).versions.length < 2) continue;
      const { page, context } = await open(`/users/${id}`);
      await page.getByLabel('word by word against').selectOption('1');
      await page.locator('.diff ins, .diff del').first().waitFor();
      await context.close();
      shown = true;
      break;
    }
    expect(shown).toBe(true);
  });

  test.each([0, 1, 2, 3, 4])('hostile title %i is text and nothing else', async (at) => {
    const id = `item-000${at + 1}`;
    for (const path of [`/items/${id}`, `/graphs?kind=item&id=${id}`]) {
      const { page, context, faults } = await open(path, { width: 360 });
      await page.getByRole('heading', { name: hostile[at] }).first().waitFor();
      expect(await page.title()).toContain(path.startsWith('/items') ? hostile[at] : 'Graphs');
      expect(await page.locator('#injected').count()).toBe(0);
      expect(await page.evaluate(layoutFaults)).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    }
  });

  test('the drawing of a network leads to others and can be switched graph by graph', async () => {
    const { page, context } = await open('/graphs?kind=user&id=user-0002');
    await page.locator('.network .node').nth(3).waitFor();
    const nodes = await page.locator('.network .node').count();
    await page.getByRole('button', { name: 'bought' }).click();
    await page
      .locator('.network .node')
      .nth(nodes - 1)
      .waitFor({ state: 'detached' });
    await page.locator('.network .node').nth(1).click();
    await page.waitForURL((url) => !url.search.includes('user-0002'));
    await context.close();
  });

  test('an empty workspace says the first command, on every page', async () => {
    for (const path of ['/', '/users', '/items', '/graphs', '/knowledge']) {
      const { page, context } = await open(path, { at: empty });
      await page.getByText('agentmmrec data prepare').first().waitFor();
      if (path === '/') await keep(page, 'empty');
      await context.close();
    }
  });

  test('the first step goes away by itself when it is done', async () => {
    const workspace = join(demo.path, 'later');
    const later = await serveExplorer({
      explorer: explore(workspace),
      version: '0.0.0',
      host: '127.0.0.1',
      port: 0,
      token: null,
      pages: build,
    });
    try {
      const { page, context } = await open('/items', { at: later });
      await page.getByText('has no data set yet').waitFor();
      cpSync(join(demo.path, 'datasets'), join(workspace, 'datasets'), { recursive: true });
      await page.getByText('has no trained model yet').waitFor();
      await page.getByText('40 items').first().waitFor();
      await context.close();
    } finally {
      await later.close();
      rmSync(workspace, { recursive: true });
    }
  });

  test('a report opens from the list', async () => {
    const { page, context, faults } = await open('/reports');
    await page.getByRole('link', { name: 'A study' }).click();
    await page.getByRole('heading', { name: 'The study' }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});

async function expectSoon(look: () => Promise<string[]>, wanted: readonly string[]): Promise<void> {
  for (let n = 0; n < 100 && (await look()).join('|') !== wanted.join('|'); n++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await look()).toEqual(wanted);
}
