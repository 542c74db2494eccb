import { loadDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';
import { openStudy, studyOptions } from '../studyOptions.js';

export const knowledgeBuild = defineCommand({
  verb: 'knowledge build',
  summary: 'let the agents write preferences and properties and refine the item graph',
  details:
    'Goes on where an earlier build stopped; no finished call is repeated. Every source is audited against training.',
  example: 'agentmmrec knowledge build --data catalog --reasoner extractive',
  options: { ...datasetOptions, ...studyOptions },
  required: ['data', 'reasoner'],
  async run({ data, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const study = await openStudy(dataset, options, session);
    try {
      const report = await study.buildKnowledge();
      const refined = (await study.knowledge('made'))?.refined;
      if (report === null) return;
      const { preferences, properties } = report;
      session.say(`memory: ${study.request.memoryPath}`);
      for (const [name, stage] of Object.entries({ preferences, properties })) {
        const { total, written, reused, withoutEvidence, failures } = stage;
        session.say(
          `${name}: ${written} written, ${reused} there already, ${withoutEvidence} without evidence, ${failures.length} failed, of ${total}`,
        );
      }
      if (refined) {
        session.say(
          `refined graph: ${(100 * refined.changedShare).toFixed(1)} % of neighbours differ from fused similarity`,
        );
      }
      session.emit({
        memory: study.request.memoryPath,
        ...report,
        refinementRepairs: refined?.repairs ?? {},
        refinedShare: refined?.changedShare ?? null,
      });
    } finally {
      await study.close();
    }
  },
});
