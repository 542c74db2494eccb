import { type BuildReport, type RefinedGraph, spentLine } from '@agentmmrec/agents';
import { flag, required } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { defineCommand } from '../command.js';
import type { Session } from '../session/session.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { allReasonerNames } from '../studies/llmOptions.js';
import { openStudy, studyOptions } from '../studies/studyOptions.js';

/** Failures named on the screen; --json has all of them. */
const SHOWN_FAILURES = 5;

export const knowledgeBuild = defineCommand({
  details:
    'Goes on where an earlier build stopped; no finished call is repeated. An entry that fails is listed and stays failed until ' +
    '--retry-failed asks for those alone. Every source is audited against training.',
  example: 'agentmmrec knowledge build --data catalog --reasoner extractive',
  options: {
    ...datasetOptions,
    ...studyOptions,
    reasoner: required({ type: 'text', help: `who makes the knowledge: ${allReasonerNames.join(', ')}` }),
    retryFailed: flag(false, 'ask once more for the entries that failed before'),
  },
  async run({ data, retryFailed, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const study = await openStudy(dataset, options, session);
    try {
      const report = await study.buildKnowledge({ retryFailed });
      const refined = (await study.knowledge('made'))?.refined ?? null;
      if (report === null) return;
      const { userIds, itemIds } = dataset.training;
      const failures = [
        ...report.preferences.failures.map(({ key, reason }) => ({ entry: `user ${userIds[Number(key)]}`, reason })),
        ...report.properties.failures.map(({ key, reason }) => ({ entry: `item ${itemIds[Number(key)]}`, reason })),
        ...(refined?.failures ?? []).map(({ item, reason }) => ({ entry: `graph of item ${itemIds[item]}`, reason })),
      ];
      const spent = study.request.reasoner?.spent?.() ?? null; // refining included
      session.say(`memory: ${study.request.memoryPath}`);
      sayStages(report, refined, session);
      if (spent) session.say(`spent: ${spentLine(spent)}`);
      for (const { entry, reason } of failures.slice(0, SHOWN_FAILURES)) session.say(`failed: ${entry}: ${reason}`);
      if (failures.length > 0) session.say(`${failures.length} failed in all; to ask for them alone: --retry-failed`);
      session.emit({
        memory: study.request.memoryPath,
        ...report,
        spent,
        failures,
        refinementRepairs: refined?.repairs ?? {},
        refinedShare: refined?.changedShare ?? null,
      });
    } finally {
      await study.close();
    }
  },
});

function sayStages({ preferences, properties }: BuildReport, refined: RefinedGraph | null, session: Session): void {
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
}
