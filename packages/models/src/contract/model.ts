import type { Tensor } from '@agentmmrec/autograd';
import { choice, type OptionSchema, type OptionValues, type RandomStreams, readOptions } from '@agentmmrec/core';
import type { Device, Floats, Precision } from '@agentmmrec/kernels';
import type { ModelData, Represented } from './data.js';
import type { Recommender } from './recommender.js';

/** What a model may use beside interactions. */
export type Need = 'features' | 'knowledge' | 'augmentation';

/** What `build` is handed. */
export interface ModelContext<S extends OptionSchema = OptionSchema> {
  readonly data: ModelData;
  readonly options: OptionValues<S>;
  readonly device: Device;
  /** of the products in steps and rankings */
  readonly precision: Precision;
  /** streams of the run's seed */
  readonly random: RandomStreams;
  /** Notes something for the report: blocks and graphs that are absent and why. */
  remark(text: string): void;
  /**
   * Says that a part holds memory which a checkpoint must carry, under a name of its own; `restored` is called after it was written
   * back in place.
   */
  keeps(name: string, memory: Floats, restored: () => void): void;
}

/** What parts of a model are built from: everything but its options. */
export type PartContext = Omit<ModelContext, 'options'>;

/** What a definition says. `F` is what `forward` returns. */
export interface ModelDefinition<S extends OptionSchema, F extends Represented<Tensor>> {
  readonly name: string;
  /** paper and equations */
  readonly source: string;
  /** true: neither code nor text of the paper were at hand, and docs/reconstructions.md says what was inferred; tables say so */
  readonly reconstruction?: true;
  /** what it uses beside interactions; a data set with none of it is refused */
  readonly needs: readonly Need[];
  readonly options: S;
  /** options that are gone, each with the value that runs without them have: with that value older runs are read as before */
  readonly retired?: Readonly<Record<string, unknown>>;
  /**
   * option values by name of the choice in the option `preset`, with `learningRate` and, under `training`, how it is trained; options
   * given besides win over them
   */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** learning rate of Adam at the source, where it differs from `usualLearningRate`; a preset may name another as `learningRate` */
  readonly learningRate?: number;
  /**
   * What a grid tries, four combinations, where that is not `l2` beside the learning rate: values by option or as `learningRate`.
   * Nothing where there is nothing to choose.
   */
  readonly tuning?: Readonly<Record<string, readonly (number | string | boolean)[]>>;
  /** true: a step reads and moves the rows of its batch alone, so that an epoch may cost less than ranking everyone */
  readonly rowSteps?: boolean;
  /** false: its steps take whole rows, so that several cards would each do all of the work; so does a model without `dimensions` */
  readonly sharesColumns?: boolean;
  build(context: ModelContext<S>): Recommender<F>;
}

/** A recommender as a value: ranking, saving, stopping and devices are not its business. */
export type Model<S extends OptionSchema = OptionSchema> = ModelDefinition<S, Represented<Tensor>>;

/** Keeps the option types of a definition. */
export function defineModel<const S extends OptionSchema, F extends Represented<Tensor>>(
  model: ModelDefinition<S, F>,
): Model<S> {
  return model as unknown as Model<S>; // only the model itself sees more than users and items in what its forward returns
}

/**
 * The option values of a model from given ones (numbers and switches may come as text): defaults, then the preset, then what
 * was given.
 * @throws AmrError input: an unknown option (with the nearest name), a wrong type, a value out of bounds
 */
export function readModelOptions<S extends OptionSchema>(
  model: Model<S>,
  given: Readonly<Record<string, unknown>>,
): OptionValues<S> {
  const what = `model ${model.name}`;
  const current = withoutRetired(model, given);
  const { learningRate: _, training: _training, ...preset } = presetOf(model, current);
  return readOptions(what, model.options, { ...preset, ...withoutUndefined(current) });
}

/** Without the options that are gone and stood where runs without them stand: see `ModelDefinition.retired`. */
export function withoutRetired(
  { retired = {} }: Pick<Model, 'retired'>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !(name in retired && retired[name] === value)),
  );
}

/** Learning rate of Adam of a model whose definition names none. */
const usualLearningRate = 1e-3;

/** The learning rate that a model is trained with where nobody says another. */
export function learningRateOf(model: Model, given: Readonly<Record<string, unknown>>): number {
  return Number(presetOf(model, given).learningRate ?? model.learningRate ?? usualLearningRate);
}

/** How a preset says that the model is trained: options of training, unread. */
export function trainingOf(model: Model, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return (presetOf(model, given).training ?? {}) as Readonly<Record<string, unknown>>;
}

/** The option `preset` of a model: its defaults, or one of its `presets`. */
export function presetOption<const N extends readonly string[]>(names: N, help: string) {
  return choice('default', ['default', ...names], `${help}; options given besides win`);
}

function presetOf(
  model: Pick<Model, 'name' | 'options' | 'presets' | 'retired'>,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const options = readOptions(`model ${model.name}`, model.options, withoutRetired(model, given));
  return model.presets?.[String(options.preset)] ?? {};
}

function withoutUndefined(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
