import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, canonicalJson, defaultsOf, digest, readSigned, signed, writeFileAtomic } from '@agentmmrec/core';
import { findModel, readModelOptions, withoutRetired } from '@agentmmrec/models';
import type { FinishedRun } from './finishedRun.js';
import { packRecord, unpackRecord } from './packedRecord.js';
import type { PlannedRun, RunSpec } from './runSpec.js';

const format = 'agentmmrec-kept-run/2';
/** Without digests. */
const earlierFormat = 'agentmmrec-run/1';

/** What a kept file holds: what was asked, with every option of the model, and what came of it. */
interface KeptRun {
  readonly format: typeof format | typeof earlierFormat;
  readonly label: string;
  readonly spec: RunSpec;
  /** of the model, defaults and preset filled in as they were then */
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly result: unknown;
}

/**
 * Finished runs in a folder that outlives the workspace, one file each, so that a table can grow over days and machines. A kept run
 * stands for a planned one when all that decides the result is equal but the version of the code; an option that came to the model
 * since must have its default. Each names the version that made it, and whoever changes what a model computes takes its files away.
 */
export class KeptRuns {
  /** by all that decides a result but options and code */
  private readonly runs = new Map<string, KeptRun[]>();

  /**
   * @param folder of kept runs; made with the first one where it is not there
   * @param fingerprint of the training data of the experiment
   * @throws AmrError input: a file that is no kept run, or one of other data
   */
  constructor(
    private readonly folder: string,
    fingerprint: string,
  ) {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
    for (const name of names.toSorted()) this.add(keptRun(join(folder, name), fingerprint));
  }

  /** What is kept of a run, or null. */
  finished({ spec }: Pick<PlannedRun, 'spec'>): FinishedRun | null {
    const kept = this.runs.get(addressOf(spec))?.find(({ options }) => isSame(options, spec));
    if (kept === undefined) return null;
    const { record, ...rest } = kept.result as FinishedRun & { record: unknown };
    return { ...rest, record: record === null ? null : unpackRecord(record), codeVersion: kept.spec.codeVersion };
  }

  /** Writes a finished run down; one that is kept already stays as it is. Knowledge has no numbers and stays in the workspace. */
  keep({ spec, label }: PlannedRun, { record, ...rest }: FinishedRun): void {
    if (spec.kind === 'knowledge' || this.finished({ spec }) !== null) return;
    const options = optionsOf(spec);
    const result = { ...rest, record: record === null ? null : packRecord(record) };
    const kept: KeptRun = { format, label, spec, options, result };
    const which = digest([addressOf(spec), options]).slice(0, 8);
    const name = `${label}-${spec.kind}-${which}`.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
    writeFileAtomic(join(this.folder, `${name}.json`), `${JSON.stringify(signed(kept), null, 1)}\n`);
    this.add(kept);
  }

  private add(kept: KeptRun): void {
    const address = addressOf(kept.spec);
    this.runs.set(address, [...(this.runs.get(address) ?? []), kept]);
  }
}

function optionsOf({ recipe }: RunSpec): KeptRun['options'] {
  return recipe === null ? null : readModelOptions(findModel(recipe.model), recipe.options);
}

/**
 * All that decides a result without the options of the model and the version of the code. What is null is left out: it may have come to
 * addresses since.
 */
function addressOf({ codeVersion: _, recipe, training, ...spec }: RunSpec): string {
  return digest({ ...said(spec), training: said(training), recipe: recipe && { ...recipe, options: null } });
}

function said(values: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** Whether a run with these options, in full as they were then, is the run with the options of now. */
function isSame(then: KeptRun['options'], { recipe }: RunSpec): boolean {
  if (recipe === null || then === null) return recipe === then;
  const model = findModel(recipe.model);
  const now = readModelOptions(model, recipe.options);
  const defaults: Readonly<Record<string, unknown>> = defaultsOf(`model ${model.name}`, model.options);
  const current = withoutRetired(model, then);
  const filled = Object.fromEntries(
    Object.keys(now).map((name) => [name, name in current ? current[name] : defaults[name]]),
  );
  return canonicalJson({ ...current, ...filled }) === canonicalJson(now);
}

function keptRun(path: string, fingerprint: string): KeptRun {
  const kept = parsed(path);
  if (kept.spec.fingerprint === fingerprint) return kept;
  throw new AmrError({
    what: `kept run ${path}`,
    got: `a run on data with fingerprint ${kept.spec.fingerprint.slice(0, 12)}`,
    expected: `the data of this experiment, ${fingerprint.slice(0, 12)}`,
    hint: 'name a folder of its own for each data set with --keep',
  });
}

function parsed(path: string): KeptRun {
  const { state, content } = readSigned<KeptRun>(path) ?? { state: 'unsigned', content: {} };
  const isKnown = content.format === (state === 'whole' ? format : earlierFormat);
  if (isKnown && content.spec && content.result) return content as KeptRun;
  const named = content.format ? `format ${content.format}` : 'no kept run';
  throw new AmrError({
    what: `kept run ${path}`,
    got: state === 'changed' ? 'a file that is not as it was written' : named,
    expected: `a file of format ${format}`,
    hint: 'remove it, or name another folder with --keep',
  });
}
