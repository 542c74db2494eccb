import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtAgentmmrec } from '../support/cli.js';
import { root } from '../support/repository.js';

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-experiment-'));
const entry = join(root, 'packages/cli/bin/agentmmrec.mjs');
const words = (workspace: string) => [
  ...['experiment', 'sparsity', '--data', 'catalog', '--models', 'bpr,lightgcn', '--reasoner', 'extractive'],
  ...['--seeds', '1', '--epochs', '4', '--parallel', '2', '--workspace', workspace],
];

beforeAll(async () => {
  const made = await builtAgentmmrec(['data', 'synth', '--out', 'catalog', '--users', '60', '--items', '50'], {
    cwd: folder,
  });
  expect(made.stderr).not.toContain('agentmmrec:');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Results of runs by address, with when they were written. */
function results(workspace: string): Map<string, number> {
  const runs = join(folder, workspace, 'experiments', 'runs');
  const ids = existsSync(runs) ? readdirSync(runs) : [];
  const paths = ids.map((id) => [id, join(runs, id, 'result.json')] as const).filter(([, path]) => existsSync(path));
  return new Map(paths.map(([id, path]) => [id, statSync(path).mtimeMs]));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The result in one of its forms; its file is named by experiment, data and the digest of how it was asked for. */
function report(workspace: string, ending: string): string {
  const reports = join(folder, workspace, 'reports');
  const found = readdirSync(reports).filter(
    (name) => name.startsWith('sparsity-catalog') && name.endsWith(`.${ending}`),
  );
  expect(found).toHaveLength(1);
  return readFileSync(join(reports, found[0]), 'utf8');
}

/** Without what differs from one time to the next: times and memory, and the command, which names the workspace. */
function lasting(workspace: string): unknown {
  const {
    rows,
    provenance,
    digest: _digest,
    ...rest
  } = JSON.parse(report(workspace, 'json')) as Record<string, unknown> & {
    rows: Record<string, unknown>[];
    provenance: Record<string, unknown>;
  };
  const { wallSeconds: _wall, command: _command, ...kept } = provenance;
  const timeless = rows.map(({ secondsPerEpoch: _seconds, peakRssBytes: _bytes, ...row }) => row);
  return { ...rest, rows: timeless, provenance: kept };
}

describe('an experiment', () => {
  test('a plan says runs, time and calls, and starts nothing', async () => {
    const { code, stdout } = await builtAgentmmrec([...words('planned'), '--plan', '--json'], { cwd: folder });
    expect(code).toBe(0);
    const plan = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(plan).toMatchObject({ runs: 4, finished: 0, llmCalls: 0 });
    expect(results('planned').size).toBe(0);
  });

  test('who or what does not exist is refused before anything starts, whoever reasons', async () => {
    const refused = async (...more: string[]) => {
      const { code, stderr } = await builtAgentmmrec(
        ['experiment', ...more, '--data', 'catalog', '--workspace', 'planned', '--plan'],
        { cwd: folder },
      );
      return [code, stderr.trim().split('\n').at(-1)] as const;
    };
    const said = [
      await refused('templates', '--families', 'default,nobodys', '--reasoner', 'extractive'),
      await refused('sparsity', '--reasoner', 'extractiv'),
      await refused('backbones', '--backbones', 'extractive,nobody/7b'),
      await refused('backbones', '--backbones', 'extractive/7b'),
      await refused('cost'),
      await refused('compatibility', '--models', 'agentmmrec', '--reasoner', 'extractive'),
    ];
    expect(said.map(([code]) => code)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(said.map(([, line]) => line)).toEqual([
      expect.stringContaining('families of templates: default, '),
      expect.stringContaining('did you mean "extractive"?'),
      expect.stringContaining('reasoner "nobody"'),
      expect.stringContaining('the model "7b"'),
      expect.stringContaining('each needs knowledge: name --reasoner'),
      expect.stringContaining('models that it has no row for'),
    ]);
  });

  test('killed in the middle and started again it goes on, repeats nothing, and ends as one that was never stopped', async () => {
    const whole = await builtAgentmmrec(words('whole'), { cwd: folder });
    expect({ code: whole.code, stderr: whole.code === 0 ? '' : whole.stderr }).toEqual({ code: 0, stderr: '' });
    const child = spawn(process.execPath, [entry, ...words('killed')], { cwd: folder, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => results('killed').size > 0);
    child.kill('SIGKILL');
    await ended;
    const before = results('killed');
    expect(before.size).toBeLessThan(results('whole').size);
    const again = await builtAgentmmrec(words('killed'), { cwd: folder });
    expect(again.code).toBe(0);
    for (const [id, written] of before) expect(results('killed').get(id)).toBe(written);
    expect([...results('killed').keys()].sort()).toEqual([...results('whole').keys()].sort());
    expect(lasting('killed')).toEqual(lasting('whole'));
  });

  test('a deleted page is made again the same, and no run is repeated', async () => {
    const before = results('whole');
    const page = report('whole', 'html');
    rmSync(join(folder, 'whole', 'reports'), { recursive: true });
    rmSync(join(folder, 'whole', 'experiments', 'states'), { recursive: true });
    expect((await builtAgentmmrec(words('whole'), { cwd: folder })).code).toBe(0);
    expect(results('whole')).toEqual(before);
    expect(report('whole', 'html')).toBe(page);
  });

  test('kept runs stand in another workspace for what is finished; the rest is named, and nothing is started', async () => {
    const kept = await builtAgentmmrec([...words('whole'), '--keep', 'kept'], { cwd: folder });
    expect({ code: kept.code, stderr: kept.code === 0 ? '' : kept.stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(join(folder, 'kept'))).toHaveLength(results('whole').size - 1); // knowledge is not kept
    const asked = words('elsewhere').map((word) => (word === 'bpr,lightgcn' ? 'bpr,lightgcn,ease' : word));
    const { code, stdout } = await builtAgentmmrec([...asked, '--keep', 'kept', '--as-it-stands'], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain('Not run, seed 999 is still to come: EASE');
    expect(results('elsewhere').size).toBe(0);
    const rowsOf = (workspace: string) => {
      const found = (JSON.parse(report(workspace, 'json')) as { rows: { label: string; mean: unknown }[] }).rows;
      return new Map(found.map(({ label, mean }) => [label, mean]));
    };
    for (const [label, mean] of rowsOf('whole')) expect([label, rowsOf('elsewhere').get(label)]).toEqual([label, mean]);
  });

  test('a run can be done by hand by its address; an unknown one is refused', async () => {
    // One without knowledge: the memories that the others begin with were deleted above.
    const asked = (run: string) => readFileSync(join(folder, 'whole/experiments/runs', run, 'run.json'), 'utf8');
    const id = [...results('whole').keys()].find((run) => JSON.parse(asked(run)).spec.recipe?.model === 'bpr') ?? '';
    const { code, stdout } = await builtAgentmmrec(['experiment', 'run', '--run', id, '--workspace', 'whole'], {
      cwd: folder,
    });
    expect({ code, said: / in [\d.]+ s/.test(stdout) }).toEqual({ code: 0, said: true });
    const unknown = await builtAgentmmrec(['experiment', 'run', '--run', 'none', '--workspace', 'whole'], {
      cwd: folder,
    });
    expect(unknown.code).toBe(2);
  });
});
