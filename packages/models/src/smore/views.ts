import { RealFourier, type SparseMatrix, type Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import type { PartContext } from '../contract/model.js';
import { featureTables } from '../parts/features/featureTables.js';
import { cosineGraph, largerWeights, modalityGraphs } from '../parts/graphs/itemGraphs.js';
import { type Linear, linearLayer } from '../parts/linear.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { rowTable } from '../parts/tables.js';

/** One view of the items: the fused one, or that of a modality. */
export interface View {
  readonly name: string;
  /** [items, items] */
  readonly graph: SparseMatrix;
  /** of the ids, by the view's content */
  readonly gate: Linear;
  /** of what is propagated, by behaviour */
  readonly preference: Linear;
}

/** The view of a modality, which the fused one asks how much it counts. */
export interface ModalityView extends View {
  readonly query: readonly [Linear, Linear];
}

/** The views of SMORE (Ong and Khong 2025): the fused one, and one a modality. */
export interface Views {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly fused: View;
  readonly modalities: readonly ModalityView[];
  /**
   * Features denoised in the frequency domain, [items, d] each, the fused one first: F^-1(w_f prod_m F x_m), then F^-1(w_m F x_m), with x_m the
   * projected features and w trained (eq. 1-9).
   */
  denoised(tape: Tape): Tensor[];
}

/** Graphs of each modality's k nearest; that of the fused view is their union with the larger weights. */
export function smoreViews(
  context: PartContext,
  { dimensions: d, k, trainFeatures }: { dimensions: number; k: number; trainFeatures: boolean },
): Views {
  const { device } = context;
  const features = featureTables(context, trainFeatures);
  const fourier = new RealFourier(device, d);
  const square = (name: string, bias = true) => linearLayer(context, name, { inputs: d, outputs: d, bias });
  const filter = (name: string) => rowTable(context, `filter.${name}`, 1, d / 2 + 1, 'standardNormal');
  const view = (name: string) => ({
    name,
    filter: { real: filter(`${name}.real`), imaginary: filter(`${name}.imaginary`) },
    gate: square(`gate.${name}`),
    preference: square(`preference.${name}`),
  });
  const graphs = modalityGraphs(context, { k, self: 'include' }).map(({ lists }) => cosineGraph(lists));
  const fused = { ...view('fused'), graph: uploadSparse(device, graphs.reduce(largerWeights)) };
  const modalities = features.tables.map(({ modality, values }, m) => ({
    ...view(modality),
    values, // [items, width]
    graph: uploadSparse(device, graphs[m]),
    project: linearLayer(context, `projection.${modality}`, { inputs: values.cols, outputs: d }),
    query: [square(`query1.${modality}`), square(`query2.${modality}`, false)] as const,
  }));
  const all = [fused, ...modalities];
  return {
    parameters: parametersOf(
      features,
      ...modalities.flatMap(({ project, query }) => [project, ...query]),
      ...all.flatMap(({ gate, preference }) => [gate, preference]),
      ...all.flatMap((one) => Object.values(one.filter).map(tableOf)),
    ),
    fused,
    modalities,
    denoised: (tape) => {
      const projected = modalities.map(({ values, project }) => project.apply(tape, values));
      const product = projected.map((x) => fourier.forward(tape, x)).reduce((a, b) => fourier.multiply(tape, a, b));
      return [
        fourier.inverse(tape, fourier.multiply(tape, product, fused.filter)),
        ...modalities.map((one, m) => fourier.filter(tape, projected[m], one.filter)),
      ];
    },
  };
}
