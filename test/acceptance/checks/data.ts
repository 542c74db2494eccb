import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitNames } from '@agentmmrec/datasets';
import { type AcceptanceCheck, type AcceptanceContext, type CheckOutcome, noData } from '../check.js';
import { benchedAlone } from './speed.js';

export const dataChecks: readonly AcceptanceCheck[] = [
  {
    id: 'data-sizes',
    issue: 6,
    kind: 'target',
    expected:
      'the exact user graph of Clothing within 60 s and 500 MB; 5 GB of packed reviews within 1 GB of memory; a catalog of a million interactions in under a minute',
    run: (context) => benchedAlone(context, { suites: 'data', sizes: 'clothing', rounds: 3, isa: '' }),
  },
  {
    id: 'data-published',
    issue: 6,
    kind: 'gate',
    expected:
      'Baby, Clothing and MovieLens prepared in one command each; their reports say that the counts equal the published ones',
    run: (context) => inFolder((folder) => published(context, folder)),
  },
  {
    id: 'data-splits',
    issue: 6,
    kind: 'gate',
    expected:
      'every split of MovieLens, drawn twice: the same both times, no pair in two splits, users of per-user splits have training items, cold items have none',
    run: (context) => inFolder((folder) => splits(context, folder)),
  },
  {
    id: 'data-export',
    issue: 6,
    kind: 'gate',
    expected:
      'Baby with drawn features as MMRec, RecBole, Arrow and Parquet: pandas, numpy and pyarrow read the same interactions and features from all; prepared again from MMRec it has the same fingerprint',
    run: (context) => inFolder((folder) => exports(context, folder)),
  },
  {
    id: 'data-kill-encode',
    issue: 6,
    kind: 'gate',
    expected: 'encode with ONNX models killed with -9 twice ends in the bytes of an uninterrupted run',
    run: (context) => inFolder((folder) => killedEncode(context, folder)),
  },
];

async function inFolder(work: (folder: string) => Promise<CheckOutcome>): Promise<CheckOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-data-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function published(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  if (context.data === null) return noData;
  const seen: string[] = [];
  let passed = true;
  for (const name of ['baby', 'clothing', 'ml-latest-small']) {
    const words = ['--from', join(context.data, name), '--name', name, '--workspace', folder];
    const { result, seconds } = await context.agentmmrec(['data', 'prepare', ...words]);
    const report = readFileSync(join(String(result.folder), 'report.md'), 'utf8');
    const equal = report.includes('The counts equal the published ones.');
    passed &&= equal;
    seen.push(`${name} ${equal ? 'equal' : 'NOT EQUAL'}, ${seconds.toFixed(0)} s`);
  }
  return { passed, measured: seen.join('; ') };
}

/** Rows of an exported `.inter` file: user, item, label. */
function exportedRows(folder: string): number[][] {
  const file = readdirSync(folder).find((name) => name.endsWith('.inter'));
  const lines = readFileSync(join(folder, file ?? ''), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.slice(1).map((line) => line.split('\t').map(Number));
}

async function splits(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  if (context.data === null) return noData;
  const data = join(context.data, 'ml-latest-small');
  const seen: string[] = [];
  let passed = true;
  for (const split of splitNames.filter((name) => name !== 'given')) {
    const draw = async (name: string) => {
      const words = ['--data', data, '--split-by', split, '--out', join(folder, name), '--workspace', folder];
      await context.agentmmrec(['data', 'export', '--format', 'mmrec', ...words]);
      return exportedRows(join(folder, name));
    };
    const rows = await draw(split);
    const again = await draw(`${split}-again`);
    const of = (label: number, column: number) =>
      new Set(rows.filter((row) => row[2] === label).map((row) => row[column]));
    const [trained, met] = [of(0, 0), of(0, 1)];
    const held = [...of(1, 0), ...of(2, 0)];
    const facts = {
      'drawn alike': JSON.stringify(rows) === JSON.stringify(again),
      'no pair twice': new Set(rows.map(([user, item]) => `${user} ${item}`)).size === rows.length,
      ...(split === 'temporal-global' || split === 'item-cold-start'
        ? {}
        : { 'held-out users have training items': held.every((user) => trained.has(user)) }),
      ...(split === 'item-cold-start'
        ? { 'cold items have none': [...of(1, 1), ...of(2, 1)].every((item) => !met.has(item)) }
        : {}),
    };
    const failed = Object.entries(facts).flatMap(([name, holds]) => (holds ? [] : [name]));
    passed &&= failed.length === 0;
    seen.push(`${split}: ${failed.length === 0 ? Object.keys(facts).join(', ') : `NOT ${failed.join(', NOT ')}`}`);
  }
  return { passed, measured: seen.join('; ') };
}

const readWithPandas = `
import json, sys
import numpy, pandas, pyarrow.ipc
root, name = sys.argv[1:]
inter = pandas.read_csv(f"{root}/mmrec/{name}.inter", sep="\\t")
users = pandas.read_csv(f"{root}/mmrec/u_id_mapping.csv", sep="\\t", dtype=str)
items = pandas.read_csv(f"{root}/mmrec/i_id_mapping.csv", sep="\\t", dtype=str)
mmrec = set(zip(users.user_id.values[inter.userID], items.item_id.values[inter.itemID], inter.x_label))
def triples(frame): return set(zip(frame.user, frame.item, frame.x_label))
arrow = triples(pyarrow.ipc.open_file(f"{root}/arrow/interactions.arrow").read_pandas())
parquet = triples(pandas.read_parquet(f"{root}/parquet/interactions.parquet"))
recbole = set()
for label, part in enumerate(("train", "valid", "test")):
    frame = pandas.read_csv(f"{root}/recbole/{name}.{part}.inter", sep="\\t", dtype=str)
    recbole |= set((user, item, label) for user, item in frame.values)
text = numpy.load(f"{root}/mmrec/text_feat.npy")
column = pyarrow.ipc.open_file(f"{root}/arrow/text-features.arrow").read_all()["features"]
lines = pandas.read_csv(f"{root}/recbole/{name}.textemb", sep="\\t", dtype=str)
digits = numpy.array([line.split(" ") for line in lines.iloc[:, 1]], dtype=numpy.float32)
print(json.dumps({"interactions": len(mmrec), "equal": bool(mmrec == arrow == parquet == recbole),
                  "features": list(text.shape), "equalFeatures":
                  bool((numpy.array(column.to_pylist(), dtype=numpy.float32) == text).all() and (digits == text).all())}))
`;

async function exports(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  if (context.data === null) return noData;
  if (context.python === null)
    return { passed: null, measured: 'no Python with pandas: npm run accept -- --python PATH' };
  const workspace = ['--workspace', join(folder, 'w')];
  const prepare = async (words: readonly string[]) =>
    (await context.agentmmrec(['data', 'prepare', ...words, ...workspace])).result.fingerprint;
  const first = await prepare([
    '--from',
    join(context.data, 'baby'),
    '--name',
    'first',
    '--features',
    'synthetic:16,8',
  ]);
  for (const format of ['mmrec', 'recbole', 'arrow', 'parquet']) {
    const words = ['--data', 'first', '--format', format, '--out', join(folder, format)];
    await context.agentmmrec(['data', 'export', ...words, ...workspace]);
  }
  const second = await prepare(['--from', join(folder, 'mmrec'), '--name', 'second']);
  const { exitCode, output } = await context.run(context.python, ['-c', readWithPandas, folder, 'first']);
  if (exitCode !== 0) return { passed: false, measured: output.trim().split('\n').at(-1) ?? 'python failed' };
  const read = JSON.parse(output) as {
    readonly interactions: number;
    readonly equal: boolean;
    readonly features: readonly number[];
    readonly equalFeatures: boolean;
  };
  return {
    passed: read.equal && read.equalFeatures && first === second,
    measured:
      `${read.interactions} interactions ${read.equal ? 'equal' : 'NOT EQUAL'} in all four; features of ${read.features.join(' x ')} ` +
      `${read.equalFeatures ? 'equal' : 'NOT EQUAL'} in three; ${first === second ? 'the same' : 'ANOTHER'} fingerprint after MMRec`,
  };
}

async function killedEncode(context: AcceptanceContext, folder: string): Promise<CheckOutcome> {
  const catalog = join(folder, 'catalog');
  const size = ['--users', '60', '--items', '2500', '--image-size', '16'];
  await context.agentmmrec(['data', 'synth', '--out', catalog, ...size]);
  const models = join(context.root, 'packages/encoders/fixtures');
  const wordsFor = (name: string) => [
    ...['encode', '--data', catalog, '--out', join(folder, `${name}-vectors`), '--workspace', join(folder, name)],
    ...['--text-model', join(models, 'text'), '--image-model', join(models, 'clip/model.onnx')],
  ];
  await context.agentmmrec(wordsFor('whole'));
  // One kill among the texts and one among the images: each modality has three chunks.
  const killed = [];
  for (const chunks of [1, 4])
    killed.push(await killAfter(context.root, wordsFor('killed'), join(folder, 'killed'), chunks));
  await context.agentmmrec(wordsFor('killed'));
  const bytes = (name: string, file: string) => readFileSync(join(folder, `${name}-vectors`, `${file}.arrow`));
  const same = ['text', 'image'].every((file) => bytes('whole', file).equals(bytes('killed', file)));
  const kept = killed.map(({ chunks }) => chunks).join(' and ');
  return {
    passed: same && killed.every(({ wasKilled }) => wasKilled),
    measured: `killed with ${kept} of 6 chunks done; then ${same ? 'the same' : 'OTHER'} bytes`,
  };
}

/** Runs the built command and kills it when so many chunks of its encoding are kept. */
async function killAfter(root: string, words: readonly string[], workspace: string, chunks: number) {
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/agentmmrec.mjs'), ...words], { stdio: 'ignore' });
  const kept = () => {
    const place = join(workspace, 'artifacts/encoded');
    return existsSync(place) ? readdirSync(place).filter((name) => !name.endsWith('.tmp')).length : 0;
  };
  const watch = setInterval(() => {
    if (kept() >= chunks) child.kill('SIGKILL');
  }, 20);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watch);
  return { wasKilled: exitCode === null, chunks: kept() };
}
