import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExtractiveReasoner, type KnowledgeValues, knowledgeOptions } from '@agentmmrec/agents';
import { defaultsOf, silentLog } from '@agentmmrec/core';
import { loadDataset, prepareDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import { checkpointName, type Recipe, resultLine, Study, writeRunManifest } from '@agentmmrec/experiments';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';

/** A workspace with a small drawn catalog, its knowledge, and two runs that really trained on it. */
export interface DemoWorkspace {
  readonly path: string;
  readonly plainRun: string;
  readonly knowledgeRun: string;
}

const plain: Recipe = {
  label: 'LightGCN',
  model: 'lightgcn',
  options: { layers: 1, dimensions: 16 },
  knowledge: 'none',
  rerank: 'none',
};
const informed: Recipe = {
  label: 'AgentMMRec',
  model: 'agentmmrec',
  options: { dimensions: 16 },
  knowledge: 'made',
  rerank: 'made',
  feedback: { feedbackPeriods: 1, feedbackEvery: 1 },
};

/** Takes some seconds. The caller removes the folder. @param titles of the first items, in place of the drawn ones */
export async function demoWorkspace({
  users = 40,
  items = 40,
  epochs = 3,
  titles = [] as readonly string[],
} = {}): Promise<DemoWorkspace> {
  const root = mkdtempSync(join(tmpdir(), 'agentmmrec-explorer-'));
  const path = join(root, '.agentmmrec');
  mkdirSync(path);
  const source = join(root, 'source');
  await synthesizeCatalog({ folder: source, users, items, imageSize: 32, seed: 7, log: silentLog });
  retitle(join(source, 'items.jsonl'), titles);
  await prepareDataset({ from: source, name: 'catalog', workspace: path, splitSeed: 7, log: silentLog });
  const dataset = await loadDataset('catalog', { workspace: path, splitSeed: 7, log: silentLog });
  const memoryPath = join(path, 'knowledge', `${dataset.training.fingerprint.slice(0, 16)}-extractive-999.sqlite`);
  const runs: string[] = [];
  for (const recipe of [plain, informed]) {
    const study = new Study({
      dataset,
      device: openDevice('cpu'),
      workspace: path,
      reasoner: recipe.knowledge === 'none' ? null : new ExtractiveReasoner(),
      memoryPath,
      knowledgeOptions: defaultsOf('test', knowledgeOptions) as KnowledgeValues,
      rerankDepth: 25,
      log: silentLog,
    });
    const id = `catalog-${recipe.model}-0123456789ab`;
    const checkpointPath = join(path, 'runs', id, checkpointName);
    const startedAtMs = Date.now();
    try {
      const trained = await study.train(recipe, 1, { training: { epochs }, checkpointPath });
      const record = await study.finish(recipe, 1, trained);
      const { name: data, fingerprint } = dataset.training;
      const { knowledgeOptions: options, rerankDepth } = study.request;
      writeRunManifest(checkpointPath, {
        data,
        fingerprint,
        recipe,
        seed: 1,
        knowledge: trained.moments && {
          reasoner: 'extractive',
          memoryPath,
          options,
          rerankDepth,
          moments: trained.moments,
        },
        startedAtMs,
        feedback: record.feedback,
        result: resultLine(record),
      });
    } finally {
      await study.close();
    }
    runs.push(id);
  }
  rewrite(memoryPath, dataset.training.fingerprint);
  return { path, plainRun: runs[0], knowledgeRun: runs[1] };
}

function retitle(path: string, titles: readonly string[]): void {
  const lines = readFileSync(path, 'utf8').split('\n');
  titles.forEach((title, at) => {
    lines[at] = JSON.stringify({ ...(JSON.parse(lines[at]) as object), title });
  });
  writeFileSync(path, lines.join('\n'));
}

/** A further version of the first user's preferences, as a feedback round writes one. */
function rewrite(path: string, fingerprint: string): void {
  const memory = openMemory({ path, fingerprint, mode: 'write' });
  try {
    const entry = memory.get('preference', 0);
    if (entry === null) throw new Error('the first user has no preferences');
    const { version: _, createdAtMs: __, ...rest } = entry;
    memory.put({ ...rest, parts: { ...entry.parts, text: 'rewritten rewritten ●●○○○○○; oak ●○○○○○○' } });
  } finally {
    memory.close();
  }
}
