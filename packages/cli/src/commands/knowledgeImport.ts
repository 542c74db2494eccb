import { required } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { importArrow, openMemory, readArrow } from '@agentmmrec/memory';
import { defineCommand } from '../command.js';
import { loadOptions } from '../studies/datasetOptions.js';
import { defaultMemoryPath, memoryOptions } from '../studies/knowledgeFile.js';

export const knowledgeImport = defineCommand({
  example: 'agentmmrec knowledge import --data catalog --from knowledge.arrow',
  options: { ...memoryOptions, from: required({ type: 'text', help: 'the Arrow file to read' }) },
  async run({ from, memory: path, ...options }, session) {
    const { training } = await loadDataset(options.data, loadOptions(options, session));
    const knowledge = await readArrow(from, training.fingerprint, training);
    const target = path || defaultMemoryPath(session.workspace, training, 'imported');
    const memory = openMemory({ path: target, fingerprint: training.fingerprint, mode: 'write' });
    try {
      const result = await importArrow(memory, knowledge);
      session.say(`imported ${from} into ${target}`);
      session.emit({ memory: target, ...result });
    } finally {
      memory.close();
    }
  },
});
