import { AmrError, canonicalJson, digest } from '@agentmmrec/core';
import type { ModelData } from '@agentmmrec/models';
import type { RunIdentity } from './checkpoint.js';

/** What a model is trained on, with the name and the fingerprint that a checkpoint is checked against: `{ ...dataset.training, knowledge }`. */
export interface TrainableData extends ModelData {
  /** the data set's own ids, to say who is meant */
  readonly userIds?: readonly string[];
  readonly name: string;
  readonly fingerprint: string;
  /** digest of the models that made features and embeddings; absent: hashing and pixels, or nothing was encoded */
  readonly encoders?: string | undefined;
}

/** The part of an identity that says which knowledge the model was built with. */
export function knowledgeIdentity(data: ModelData): Pick<RunIdentity, 'knowledge' | 'reasoner'> {
  if (!data.knowledge) return { knowledge: null, reasoner: null };
  return { knowledge: digest(data.knowledge), reasoner: data.knowledge.reasoner };
}

/**
 * Compares what a checkpoint was made by with what is asked for; only the fields in `wanted` are compared.
 * @throws AmrError input that names both sides of the first difference
 */
export function checkIdentity(path: string, found: RunIdentity, wanted: Partial<RunIdentity>): void {
  const order: readonly (keyof RunIdentity)[] = [
    'model',
    'data',
    'fingerprint',
    'encoders',
    'options',
    'reasoner',
    'knowledge',
    'seed',
    'batchSize',
    'learningRate',
    'negatives',
    'optimizer',
    'precision',
    'feedback',
  ];
  for (const field of order) {
    if (!Object.hasOwn(wanted, field) || canonicalJson(found[field]) === canonicalJson(wanted[field])) continue;
    const [got, expected] = describe(field, found, wanted);
    throw new AmrError({ what: `checkpoint ${path}`, got, expected, hint: hints[field] ?? hints.model });
  }
}

const hints: Partial<Record<keyof RunIdentity, string>> & { model: string } = {
  model: 'name the checkpoint of this run, or train anew without --resume',
  data: 'name a checkpoint of this data set, or the data set of the checkpoint with --data',
  fingerprint: 'the data changed since; restore it, or train anew without --resume',
  encoders: 'give the encoders of the checkpoint with --text-model and --image-model, or train anew',
  options: 'give the options of the checkpoint, or train anew without --resume',
  knowledge: 'give the memory the run began with, or train anew without --resume',
  reasoner: 'give the memory the run began with, or train anew without --resume',
  feedback: 'give the feedback options of the checkpoint, or train anew without --resume',
};

function describe(
  field: keyof RunIdentity,
  found: RunIdentity,
  wanted: Partial<RunIdentity>,
): [got: string, expected: string] {
  const both = (text: (value: unknown) => string): [string, string] => [text(found[field]), text(wanted[field])];
  switch (field) {
    case 'model':
      return both((value) => `model ${value}`);
    case 'data':
      return both((value) => `data set ${value}`);
    case 'fingerprint':
      return both((value) => `data set ${found.data} with fingerprint ${String(value).slice(0, 12)}`);
    case 'encoders':
      return both((value) => (value === undefined ? 'hashing and pixels' : `encoders ${String(value).slice(0, 12)}`));
    case 'options':
      return describeOptions(found.options, wanted.options ?? {});
    case 'knowledge':
    case 'reasoner':
      return both((value) => (value === null ? 'no knowledge' : `knowledge ${String(value).slice(0, 12)}`));
    case 'feedback':
      return both((value) => (value === null ? 'a run without feedback' : `feedback ${canonicalJson(value)}`));
    default:
      return both((value) => `${field} ${value}`);
  }
}

/** Only the options that differ: `layers 3, l2 0.01` against `layers 2, l2 0.001`. */
function describeOptions(
  found: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): [string, string] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])].filter(
    (name) => canonicalJson(found[name]) !== canonicalJson(wanted[name]),
  );
  const show = (values: Readonly<Record<string, unknown>>) =>
    names.map((name) => `${name} ${name in values ? values[name] : 'unset'}`).join(', ');
  return [show(found), show(wanted)];
}
