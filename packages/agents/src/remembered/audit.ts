import { AmrError } from '@agentmmrec/core';
import { hasInteraction, type TrainingData } from '@agentmmrec/datasets';
import type { KnowledgeMemory } from '@agentmmrec/memory';

/** What an audit looked at. */
export interface AuditReport {
  readonly entries: number;
  readonly calls: number;
  readonly interactions: number;
}

/**
 * Checks every version of every entry, and every journalled call, against the training interactions: a source that is not one
 * of them is a leak of validation or test, and fails the run (docs/method.md#honesty).
 * @throws AmrError failed, naming the entry and the interaction
 */
export function auditMemory(
  memory: KnowledgeMemory,
  training: Pick<TrainingData, 'train' | 'userIds' | 'itemIds'>,
): AuditReport {
  const report = { entries: 0, calls: 0, interactions: 0 };
  const check = (what: string, interactions: readonly (readonly [number, number])[]): void => {
    for (const [user, item] of interactions) {
      report.interactions++;
      if (!isTraining(training, user, item)) throw leak(what, training, user, item);
    }
  };
  for (const kind of ['preference', 'property'] as const) {
    for (const { entity } of memory.all(kind)) {
      for (const entry of memory.history(kind, entity)) {
        check(
          `${kind} of ${kind === 'preference' ? 'user' : 'item'} ${entity}, version ${entry.version}`,
          entry.provenance.interactions,
        );
        report.entries++;
      }
    }
  }
  for (const record of memory.journal.withPrefix('')) {
    check(`journalled call ${record.key}`, record.interactions);
    report.calls++;
  }
  return report;
}

function isTraining({ train }: Pick<TrainingData, 'train'>, user: number, item: number): boolean {
  return user >= 0 && user < train.users && item >= 0 && item < train.items && hasInteraction(train, user, item);
}

function leak(
  what: string,
  { userIds, itemIds }: Pick<TrainingData, 'userIds' | 'itemIds'>,
  user: number,
  item: number,
): AmrError {
  return new AmrError({
    what: `leak audit, ${what}`,
    got: `a source that is not a training interaction: user ${userIds[user] ?? user}, item ${itemIds[item] ?? item}`,
    expected: 'sources from the training split only',
    hint: 'build the knowledge again in a new memory file; results made with this one must not be reported',
    kind: 'failed',
  });
}
