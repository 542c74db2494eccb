import { releaseSparse, type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import type { Interactions } from '@agentmmrec/datasets';
import { type AdjacencyNorm, bipartiteAdjacency } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';

/**
 * The user-item graph that a model propagates over: all training edges for ranking, and for training steps either those or,
 * while a feedback fold is out, the edges last set.
 */
export class PropagationGraph {
  private readonly complete: SparseMatrix;
  private withoutFold: SparseMatrix | null = null;

  constructor(
    private readonly device: Device,
    interactions: Interactions,
    private readonly norm: AdjacencyNorm,
  ) {
    this.complete = this.upload(interactions);
  }

  /** The adjacency [users + items, users + items] of all training edges, or of those that training steps propagate over. */
  over(edges: 'all' | 'training'): SparseMatrix {
    return edges === 'training' && this.withoutFold ? this.withoutFold : this.complete;
  }

  /** See `BuiltModel.setTrainingGraph`. */
  set(interactions: Interactions | null): void {
    if (this.withoutFold) releaseSparse(this.device, this.withoutFold);
    this.withoutFold = interactions && this.upload(interactions);
  }

  release(): void {
    this.set(null);
    releaseSparse(this.device, this.complete);
  }

  private upload(interactions: Interactions): SparseMatrix {
    return uploadSparse(this.device, bipartiteAdjacency(interactions, this.norm), { symmetric: true });
  }
}
