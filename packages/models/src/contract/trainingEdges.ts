import type { Interactions } from '@agentmmrec/datasets';

/** All training interactions, or those that training steps see: the same, or less while a feedback fold is out. */
export type Edges = 'all' | 'training';

/** The training interactions of a model being built, and what is derived from them. */
export class TrainingEdges {
  private training: Interactions;
  private readonly derived: ((interactions: Interactions | null) => void)[] = [];

  constructor(private readonly complete: Interactions) {
    this.training = complete;
  }

  /** The interactions themselves. */
  of(edges: Edges): Interactions {
    return edges === 'training' ? this.training : this.complete;
  }

  /**
   * What `make` makes of the interactions: of all of them now, of the training ones whenever they change. Memory that `make` takes
   * is given back with the model, or when the edges change again.
   */
  derive<T>(make: (interactions: Interactions) => T): (edges: Edges) => T {
    const complete = make(this.complete);
    let training = complete;
    this.derived.push((interactions) => {
      training = interactions ? make(interactions) : complete;
    });
    return (edges) => (edges === 'training' ? training : complete);
  }

  /** Sets what training steps see; null = all. */
  set(interactions: Interactions | null): void {
    this.training = interactions ?? this.complete;
    for (const follow of this.derived) follow(interactions);
  }
}
