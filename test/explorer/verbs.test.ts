import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explorerClient } from '@agentmmrec/explorer';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { execute } from '../../packages/cli/src/main.js';
import { type DemoWorkspace, demoWorkspace } from '../../packages/explorer/src/testing/demoWorkspace.js';
import { agentmmrec, result, temporaryFolder } from '../support/cli.js';
import { root } from '../support/repository.js';

let demo: DemoWorkspace;
let cwd: string;
beforeAll(async () => {
  demo = await demoWorkspace();
  cwd = dirname(demo.path);
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('verbs that look into a workspace', () => {
  test('runs list, show and compare', async () => {
    const listed = await agentmmrec(['runs', 'list'], { cwd });
    expect(listed.stdout).toMatch(
      /^run +what +state +data[\s\S]*catalog-agentmmrec-0123456789ab +AgentMMRec +finished +catalog/,
    );
    expect((result((await agentmmrec(['runs', 'list', '--json'], { cwd })).stdout).runs as object[]).length).toBe(2);
    expect((await agentmmrec(['runs', 'list', '--data', 'other'], { cwd })).stdout).toContain('no runs yet');
    const shown = await agentmmrec(['runs', 'show', demo.knowledgeRun], { cwd });
    expect(shown.stdout).toMatch(/best epoch[\s\S]*test reranked[\s\S]*epoch +loss +valid Recall@20\n1 /);
    const compared = await agentmmrec(['runs', 'compare', `${demo.plainRun},${demo.knowledgeRun}`], { cwd });
    expect(compared.stdout).toMatch(/test Recall@20[\s\S]*setting[\s\S]*model +lightgcn +agentmmrec/);
    for (const words of [
      ['runs', 'show', 'nothing'],
      ['runs', 'compare', demo.plainRun],
    ]) {
      expect(await agentmmrec(words, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('HINT: ') });
    }
  });

  test('data list and knowledge list, also where there is nothing', async () => {
    expect((await agentmmrec(['data', 'list'], { cwd })).stdout).toMatch(/catalog +40 +40 /);
    expect((await agentmmrec(['knowledge', 'list'], { cwd })).stdout).toMatch(
      /-extractive-999\n +of catalog by extractive: complete\n +40 of 40 preferences, /,
    );
    const { folder, remove } = temporaryFolder();
    try {
      expect((await agentmmrec(['data', 'list'], { cwd: folder })).stdout).toContain('agentmmrec data prepare');
      expect((await agentmmrec(['knowledge', 'list'], { cwd: folder })).stdout).toContain('agentmmrec knowledge build');
      expect(existsSync(join(folder, '.agentmmrec'))).toBe(false);
    } finally {
      remove();
    }
  });

  test('recommend --why says why, reranked as the run was, while another writes the memory', async () => {
    const [{ id }] = result((await agentmmrec(['knowledge', 'list', '--json'], { cwd })).stdout).memories as {
      id: string;
    }[];
    const writer = openMemory({ path: join(demo.path, 'knowledge', `${id}.sqlite`), fingerprint: null, mode: 'write' });
    try {
      const words = ['recommend', '--data', 'catalog', '--user', 'user-0003', '-k', '3', '--why', '--device', 'cpu'];
      const { code, stdout } = await agentmmrec(words, { cwd });
      expect(code).toBe(0);
      expect(stdout).toMatch(/score: .*users with like preferences/);
      expect(stdout).toContain('reranked by knowledge');
      const { items } = result((await agentmmrec([...words, '--json'], { cwd })).stdout) as {
        items: { reasons: { parts: object[] } }[];
      };
      expect(items[0].reasons.parts.length).toBeGreaterThan(2);
    } finally {
      writer.close();
    }
  });
});

test('mcp talks to an agent over standard input and output alone, and ends with it', async () => {
  const args = [join(root, 'packages/cli/bin/agentmmrec.mjs'), 'mcp', '--data', 'catalog', '--device', 'cpu'];
  const transport = new StdioClientTransport({ command: process.execPath, args, cwd, stderr: 'ignore' });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('similar_items');
  const { content } = await client.callTool({ name: 'recommend', arguments: { user: 'user-0001', k: 2 } });
  expect((content as { text: string }[])[0].text).toMatch(/^For user-0001, by catalog-.*\n1\. .*\n2\. /);
  const { pid } = transport;
  await client.close();
  expect(() => process.kill(pid ?? 0, 0)).toThrow();
  const refused = await agentmmrec(['mcp', '--json'], { cwd });
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('mcp, option "json"') });
});

describe('serve', () => {
  /** Serves until stopped, from the command's sources. */
  async function serving(words: readonly string[]) {
    const interruption = new AbortController();
    let stdout = '';
    const ended = execute(['serve', '--workspace', demo.path, '--api-only', '--device', 'cpu', '--json', ...words], {
      stdout: (text) => {
        stdout += text;
      },
      stderr: { write: () => true },
      signal: interruption.signal,
    });
    while (!stdout.includes('"address"')) {
      if (await Promise.race([ended.then(() => true), sleep(20).then(() => false)]))
        throw new Error(`ended: ${stdout}`);
    }
    return {
      ...(result(stdout) as { address: string; token: string | null }),
      stop: () => {
        interruption.abort();
        return ended;
      },
    };
  }

  test('answers on this machine without a token until it is stopped, which is no failure', async () => {
    const { address, token, stop } = await serving(['--data', 'catalog', '--port', '0']);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(token).toBeNull();
    const client = explorerClient({ address: address.slice(0, -1) });
    expect((await client.status({})).data?.name).toBe('catalog');
    expect((await client.recommend({ user: 'user-0001', k: 2 })).items).toHaveLength(2);
    expect(await stop()).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
  });

  test('a port that is taken and a token that is none are mistakes of the command line', async () => {
    const { address, stop } = await serving(['--port', '0']);
    const port = new URL(address).port;
    const again = await agentmmrec(['serve', '--workspace', demo.path, '--api-only', '--port', port], { cwd });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/EADDRINUSE.*--port 0/) });
    const short = await agentmmrec(['serve', '--workspace', demo.path, '--api-only', '--token', 'x'], { cwd });
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('--token') });
    expect(await stop()).toBe(0);
  });
});
