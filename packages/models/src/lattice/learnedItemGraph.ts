import {
  parameter,
  type SparsePattern,
  Tape,
  Tensor,
  uploadNeighbourPattern,
  uploadSparse,
} from '@agentmmrec/autograd';
import { matrix } from '@agentmmrec/core';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Floats } from '@agentmmrec/kernels';
import type { PartContext } from '../contract/model.js';
import { cosineGraph, modalityGraphs } from '../parts/graphs/itemGraphs.js';

/** Which graph: learned in this step with gradients, as it was learned in the first step of the epoch, or of the features as they are. */
export type GraphMoment = 'learn' | 'kept' | 'now';

/** The item graph of LATTICE; see `learnedItemGraph`. */
export interface LearnedItemGraph {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly state: Readonly<Record<string, Floats>>;
  /** For `Recommender.beforeEpoch`: finds the neighbours of the epoch. */
  beforeEpoch(epoch: number, resumed: boolean): void;
  /** S^layers h for h [items, d] */
  propagate(tape: Tape, h: Tensor, layers: number, moment: GraphMoment): Tensor;
}

/**
 * S = lambda sum_m w_m S_m + (1 - lambda) N(sum_m w_m K_m), with w the softmax of trained weights, S_m the normalised cosines of
 * the k nearest items by the features as they came, K_m the cosines of the k nearest by the projected features, and
 * N(W) = D^-1/2 W D^-1/2 (Zhang et al. 2021, "Mining Latent Structures for Multimedia Recommendation", eq. 1-6). Neighbours are lists and
 * gradients reach their cosines alone: no [items, items] is held.
 * @param project the projected features of each modality [items, d], in the order of the data set
 * @param options.frozen lambda
 */
export function learnedItemGraph(
  context: PartContext,
  project: (tape: Tape) => readonly Tensor[],
  { k, frozen }: { readonly k: number; readonly frozen: number },
): LearnedItemGraph {
  const { device, data } = context;
  const { items } = data;
  const count = data.features.length;
  const frozenGraphs = modalityGraphs(context, { k, self: 'include' }).map(({ lists }) =>
    uploadSparse(device, cosineGraph(lists)),
  );
  const memory = device.floats(count);
  device.write(memory, new Float32Array(count).fill(0.5));
  const modalWeight = parameter(device, [1, count], memory, 'modalWeight');
  const edges = items * k;
  const state = {
    neighbours: device.floats(count * edges),
    entries: device.floats(count * edges), // of N
    weights: device.floats(count), // w
  };
  let patterns = buildEpoch();

  /** The neighbours by the projected features as they are, and N and w over them. */
  function buildEpoch(): SparsePattern[] {
    const tape = new Tape(device, { recording: false });
    return tape.step(() => {
      const projected = project(tape);
      const lists = nearest(projected);
      const found = lists.map(upload);
      const shares = sharesOf(tape);
      const entries = entriesOf(tape, found, projected, shares);
      device.write(state.neighbours, Float32Array.from(lists.flatMap((list) => [...list])));
      device.write(state.entries, Float32Array.from(entries.flatMap((values) => [...values.read()])));
      device.write(
        state.weights,
        Float32Array.from(shares, (share) => share.read()[0]),
      );
      return found;
    });
  }

  function nearest(projected: readonly Tensor[]): Int32Array[] {
    return projected.map((x) => {
      const rows = matrix(items, x.cols, x.read().slice()); // a copy: the graph gives its table back
      return neighbourGraph(device, rows, { k, self: 'include' }, 'learned item graph').indices;
    });
  }

  function upload(indices: Int32Array): SparsePattern {
    return uploadNeighbourPattern(device, { rows: items, k, indices }, items);
  }

  /** w by modality, [1, 1] each */
  function sharesOf(tape: Tape): Tensor[] {
    const softmax = tape.softmaxRows(modalWeight);
    return Array.from({ length: count }, (_, m) => tape.columns(softmax, m, 1));
  }

  /** N's entries by modality [items * k, 1]; an edge that several modalities have is their sum. */
  function entriesOf(
    tape: Tape,
    found: readonly SparsePattern[],
    projected: readonly Tensor[],
    shares: readonly Tensor[],
  ): Tensor[] {
    const cosines = projected.map((x, m) => {
      const unit = tape.normalizeRows(x);
      return tape.gemm(tape.entryDots(found[m], unit, unit), shares[m]);
    });
    const [first, ...others] = cosines.map((values, m) => tape.entrySums(found[m], values));
    const sums = tape.unary(tape.total([first, ...others]), 'atLeast', 1e-7);
    const roots = tape.unary(sums, 'power', -0.5);
    return cosines.map((values, m) => tape.multiply(values, tape.entryDots(found[m], roots, roots)));
  }

  /** What is kept of modality m, as a constant. */
  function kept(values: Floats, m: number, length: number, name: string): Tensor {
    return new Tensor(device, [length, 1], values.subarray(m * length, (m + 1) * length), false, name);
  }

  function layersOver(
    tape: Tape,
    x: Tensor,
    layers: number,
    graph: { found: readonly SparsePattern[]; entries: readonly Tensor[]; shares: readonly Tensor[] },
  ): Tensor {
    const ones = tape.filled([1, x.cols], 1);
    const parts = (h: Tensor) =>
      frozenGraphs.map((a, m) => {
        const ofFrozen = tape.scaleColumns(tape.spmm(a, h, frozen), tape.gemm(graph.shares[m], ones));
        return tape.add(ofFrozen, tape.spmmValues(graph.found[m], graph.entries[m], h), 1, 1 - frozen);
      });
    let h = x;
    for (let layer = 0; layer < layers; layer++) {
      const [first, ...others] = parts(h);
      h = tape.total([first, ...others]);
    }
    return h;
  }

  return {
    parameters: { modalWeight },
    state,
    beforeEpoch: (_, resumed) => {
      if (!resumed) patterns = buildEpoch();
      else {
        const lists = device.read(state.neighbours);
        patterns = Array.from({ length: count }, (_, m) =>
          upload(Int32Array.from(lists.subarray(m * edges, (m + 1) * edges))),
        );
      }
    },
    propagate: (tape, h, layers, moment) => {
      if (moment === 'kept') {
        const entries = patterns.map((_, m) => kept(state.entries, m, edges, 'entries'));
        const shares = patterns.map((_, m) => kept(state.weights, m, 1, 'weight'));
        return layersOver(tape, h, layers, { found: patterns, entries, shares });
      }
      const [projected, shares] = [project(tape), sharesOf(tape)];
      if (moment === 'learn') {
        const entries = entriesOf(tape, patterns, projected, shares);
        return layersOver(tape, h, layers, { found: patterns, entries, shares });
      }
      const scope = device.scope(); // ranking records nothing: what it looks up is done with at once
      try {
        const found = scope.run(() => nearest(projected).map(upload));
        return layersOver(tape, h, layers, { found, entries: entriesOf(tape, found, projected, shares), shares });
      } finally {
        scope.release();
      }
    },
  };
}
