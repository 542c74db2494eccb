import {
  type AugmentedGraph,
  answerLines,
  type BuildReport,
  type RefinedGraph,
  repairSentences,
  spentLine,
} from '@agentmmrec/agents';
import { AmrError, flag, required } from '@agentmmrec/core';
import { loadDataset, type TrainingData } from '@agentmmrec/datasets';
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
    reasoner: required({
      type: 'text',
      names: allReasonerNames,
      help: `who makes the knowledge: ${allReasonerNames.join(', ')}`,
    }),
    retryFailed: flag(false, 'ask once more for the entries that failed before'),
    augmentation: flag(false, 'with what LLMRec takes: profiles of users, attributes of items, edges'),
  },
  async run({ data, retryFailed, augmentation, ...options }, session) {
    const dataset = await loadDataset(data, loadOptions(options, session));
    const study = await openStudy(dataset, options, session);
    const { reasoner, memoryPath } = study.request;
    try {
      const report = await study.buildKnowledge({ retryFailed });
      if (report === null) return;
      // Without a single entry there is nothing to refine by.
      const made = entriesIn(report) === 0 ? null : await study.knowledge('made', augmentation);
      const { refined = null, augmented = null } = made ?? {};
      const { userIds, itemIds } = dataset.training;
      const failures = [
        ...report.preferences.failures.map(({ key, reason }) => ({ entry: `user ${userIds[Number(key)]}`, reason })),
        ...report.properties.failures.map(({ key, reason }) => ({ entry: `item ${itemIds[Number(key)]}`, reason })),
        ...(refined?.failures ?? []).map(({ item, reason }) => ({ entry: `graph of item ${itemIds[item]}`, reason })),
        ...(augmented ? augmentationFailures(augmented, dataset.training) : []),
      ];
      const spent = reasoner?.spent?.() ?? null; // refining included
      const answers = reasoner?.answers?.() ?? null;
      session.say(`memory: ${memoryPath}`);
      sayStages(report, refined, session);
      if (augmented) sayAugmentation(augmented, session);
      if (spent) session.say(`spent: ${spentLine(spent)}`);
      for (const line of answerLines(answers ?? [], options.promptFamily)) session.say(line);
      for (const { entry, reason } of failures.slice(0, SHOWN_FAILURES)) session.say(`failed: ${entry}: ${reason}`);
      if (failures.length > 0) session.say(`${failures.length} failed in all; to ask for them alone: --retry-failed`);
      session.emit({
        memory: memoryPath,
        ...report,
        spent,
        answers,
        failures,
        refinementRepairs: refined?.repairs ?? {},
        refinedShare: refined?.changedShare ?? null,
        ...(augmented && { augmentation: countsOf(augmented), augmentationRepairs: augmented.repairs }),
      });
      if (entriesIn(report) === 0) throw nothingWritten(failures.length);
    } catch (thrown) {
      const spent = reasoner?.spent?.() ?? null;
      if (spent && spent.requests > 0) session.log.info(`spent: ${spentLine(spent)}`);
      for (const line of answerLines(reasoner?.answers?.() ?? [], options.promptFamily)) session.log.info(line);
      throw thrown;
    } finally {
      await study.close();
    }
  },
});

/** Entries that a memory has after a build. */
function entriesIn({ preferences, properties }: BuildReport): number {
  return preferences.written + preferences.reused + properties.written + properties.reused;
}

function nothingWritten(failed: number): AmrError {
  return new AmrError({
    what: 'knowledge build',
    got: failed > 0 ? `no entry, ${failed} failed` : 'no entry',
    expected: 'knowledge about users and items',
    hint:
      failed > 0
        ? 'see the reasons above; then --retry-failed asks for them again'
        : 'the data set has no content to reason on',
    kind: 'failed',
  });
}

function sayStages({ preferences, properties }: BuildReport, refined: RefinedGraph | null, session: Session): void {
  for (const [name, stage] of Object.entries({ preferences, properties })) {
    const { total, written, reused, withoutEvidence, failures } = stage;
    session.say(
      `${name}: ${written} written, ${reused} there already, ${withoutEvidence} without evidence, ${failures.length} failed, of ${total}`,
    );
  }
  if (refined) {
    const { filled = 0 } = refined.repairs;
    const places = refined.graph.indices.length;
    if (filled > places / 2) {
      session.log.warn(
        `refined graph: ${filled} of ${places} neighbours were filled in by rule: the model named no usable candidates`,
      );
    }
    session.say(
      `refined graph: ${(100 * refined.changedShare).toFixed(1)} % of neighbours differ from fused similarity`,
    );
  }
}

const augmentationStages = ['profiles', 'attributes', 'edges'] as const;

/** Answers by stage: those asked for now, and those that were there. */
function countsOf(augmented: AugmentedGraph) {
  return Object.fromEntries(
    augmentationStages.map((name) => {
      const { asked, reused, failures } = augmented[name];
      return [name, { asked, reused, failed: failures.length }];
    }),
  );
}

function sayAugmentation(augmented: AugmentedGraph, session: Session): void {
  for (const name of augmentationStages) {
    const { asked, reused, failures } = augmented[name];
    session.say(`${name}: ${asked} asked for, ${reused} there already, ${failures.length} failed`);
  }
  for (const sentence of repairSentences(augmented.repairs)) session.say(sentence);
}

function augmentationFailures(
  augmented: AugmentedGraph,
  { userIds, itemIds }: Pick<TrainingData, 'userIds' | 'itemIds'>,
): { entry: string; reason: string }[] {
  return augmentationStages.flatMap((name) =>
    augmented[name].failures.map(({ entity, reason }) => {
      const whose = name === 'attributes' ? `item ${itemIds[entity]}` : `user ${userIds[entity]}`;
      return { entry: `${name} of ${whose}`, reason };
    }),
  );
}
