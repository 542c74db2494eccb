import { RandomStreams } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import { contentOf } from '../reasoning/content.js';
import { shows, tasksOf } from '../reasoning/modality.js';
import { type Interaction, Neighbourhood } from '../reasoning/neighbourhood.js';
import type { ItemView, ModalityTask, Reasoner } from '../reasoning/reasoner.js';

/** One question to a reasoner about an entry: its task, and the neighbours that it may see. */
export interface EntryCall {
  readonly task: ModalityTask;
  /** of a user: items of his; of an item: co-purchased ones; only those that have what the task looks at */
  readonly neighbours: readonly ItemView[];
}

/** What an entry is made of, before anything is asked. */
export interface EntryPlan {
  /** in the order they are made; empty when there is nothing to reason on */
  readonly calls: readonly EntryCall[];
  readonly sampled: readonly number[];
  /** the training interactions that the sample rests on */
  readonly interactions: readonly Interaction[];
}

/**
 * The calls that an entry takes (docs/method.md#knowledge): what is sampled, and which tasks have something to look at. The Integrator
 * makes these calls and a plan counts them. Samples come from streams keyed by the entity, so no order changes one.
 */
export class EntryCalls {
  private readonly streams: RandomStreams;

  constructor(
    private readonly options: {
      readonly training: TrainingData;
      readonly knowledgeSeed: number;
      /** Y of the paper */
      readonly promptNeighbours: number;
      readonly reasoner: Pick<Reasoner, 'seesImages'>;
    },
    readonly neighbourhood = new Neighbourhood(options.training.train),
  ) {
    this.streams = new RandomStreams(options.knowledgeSeed);
  }

  /** Of P_u: up to Y items of N(u), `without` left out. */
  preference(user: number, without?: number): EntryPlan {
    const sampled = this.sampledItems(user, without);
    const views = sampled.map((item) => this.view(item));
    const calls = tasksOf(this.options.reasoner)
      .map((task) => ({ task, neighbours: views.filter((view) => shows(view.content, task)) }))
      .filter(({ neighbours }) => neighbours.length > 0);
    return { calls, sampled, interactions: sampled.map((item) => [user, item] as const) };
  }

  /** Of P_i: the item itself and up to Y items of N2(i); an item without buyers has its own content alone. */
  property(item: number): EntryPlan {
    const { neighbourhood } = this;
    const sampled = this.streams
      .stream('co-purchased', item)
      .sample(neighbourhood.coPurchased(item), this.options.promptNeighbours);
    const { content } = this.view(item);
    const views = sampled.map((other) => this.view(other));
    const calls = tasksOf(this.options.reasoner)
      .filter((task) => shows(content, task))
      .map((task) => ({ task, neighbours: views.filter((view) => shows(view.content, task)) }));
    return { calls, sampled, interactions: sampled.flatMap((other) => [...neighbourhood.witness(item, other)]) };
  }

  /** The items that P_u is built from. */
  sampledItems(user: number, without?: number): number[] {
    const items = this.neighbourhood.itemsOf(user).filter((item) => item !== without);
    return this.streams.stream('preference-items', user).sample(items, this.options.promptNeighbours);
  }

  view(item: number): ItemView {
    return { item, content: contentOf(this.options.training, item) };
  }
}
