import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explorerClient } from '@agentmmrec/explorer';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type DemoWorkspace, demoWorkspace } from '../../packages/explorer/src/testing/demoWorkspace.js';
import { agentmmrec, openCopy, startAgentmmrec } from '../support/cli.js';

let demo: DemoWorkspace;
const started: ReturnType<typeof startAgentmmrec>[] = [];
beforeAll(async () => {
  demo = await demoWorkspace();
}, 60_000);
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(dirname(demo.path), { recursive: true, force: true }));

/** Nothing is made ready. */
function forget(): void {
  for (const name of ['serving', 'serving-neighbours']) {
    rmSync(join(demo.path, 'artifacts', name), { recursive: true, force: true });
  }
}

/** The built command, serving the demo's workspace. */
async function serving(place: Parameters<typeof startAgentmmrec>[2] = {}) {
  const words = [
    'serve',
    '--data',
    'catalog',
    '--workspace',
    demo.path,
    '--api-only',
    '--port',
    '0',
    '--device',
    'cpu',
  ];
  const child = startAgentmmrec(words, dirname(demo.path), place);
  started.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await until(() => stdout.includes('http') || child.exitCode !== null);
  return { child, ended, said: () => stderr, client: explorerClient({ address: stdout.trim().replace(/\/$/, '') }) };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 1200 && !isSo(); n++) await sleep(25);
  expect(isSo()).toBe(true);
}

/** The processes that a server has started. */
function startedBy(pid: number | undefined): number[] {
  const found = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return found.split(' ').filter(Boolean).map(Number);
}

const isThere = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

(process.platform === 'linux' ? test : test.skip)(
  'what makes ready ends with its server, killed or stopped, and the next two make it ready at once',
  async () => {
    forget();
    const killed = await serving();
    await until(() => startedBy(killed.child.pid).length > 0);
    const [preparing] = startedBy(killed.child.pid);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await until(() => !isThere(preparing));
    const servers = await Promise.all([serving(), serving()]);
    const lists = await Promise.all(servers.map(({ client }) => client.recommend({ user: 'user-0001', k: 5 })));
    expect(lists[0]).toEqual(lists[1]);
    const cleaned = await agentmmrec(['workspace', 'clean', '--all', '--workspace', demo.path]);
    expect(cleaned).toMatchObject({ code: 2, stderr: expect.stringContaining('another agentmmrec runs') });
    for (const { child, ended, said } of servers) {
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(said()).toMatch(/making ready the lists of .*; whoever asks for it waits/);
      expect(said()).toContain('interrupted: the server ends now;');
    }
    forget();
    const stopped = await serving();
    await until(() => startedBy(stopped.child.pid).length > 0);
    const [left] = startedBy(stopped.child.pid);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toBe(0);
    await until(() => !isThere(left));
    expect(readdirSync(join(demo.path, 'artifacts')).filter((name) => name === 'serving')).toEqual([]);
  },
  60_000,
);

test('a workspace that cannot be written is served, by what is made for this time only', async () => {
  forget();
  // Nothing is closed to root, so that another user serves it, who has to reach the program.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  const copy = uid === undefined ? null : openCopy();
  const names = readdirSync(dirname(demo.path), { recursive: true, encoding: 'utf8' });
  const folders = [dirname(demo.path), ...names.map((name) => join(dirname(demo.path), name))].filter((path) =>
    statSync(path).isDirectory(),
  );
  for (const folder of folders) chmodSync(folder, 0o555);
  try {
    const served = await serving({ ...(uid && { uid }), ...(copy && { entry: copy.entry }) });
    const { items, reranked } = await served.client.recommend({ user: 'user-0001', k: 3, why: true });
    expect([items.length, reranked]).toEqual([3, true]);
    expect(served.said()).toContain(`for this time only: ${demo.path} cannot be written`);
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
    expect(readdirSync(join(demo.path, 'artifacts'))).not.toContain('serving');
  } finally {
    for (const folder of folders) chmodSync(folder, 0o755);
    copy?.remove();
  }
}, 60_000);
