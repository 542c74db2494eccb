export { Adam, type AdamOptions, type AdamSettings, type AdamState } from './adam.js';
export { checkGradients, type GradientCheckOptions, type GradientMismatch } from './checkGradients.js';
export { clipGradients } from './clipGradients.js';
export { ComposedOperations } from './composedOperations.js';
export { RealFourier, type Spectrum } from './fourier.js';
export { gradientTable } from './gradientTable.js';
export { normal, standardNormal, uniform, xavierNormal, xavierUniform } from './initialisers.js';
export * as layers from './layers.js';
export { Operations } from './operations.js';
export type { Accumulator, BackwardCall, ForwardCall, Primitive } from './primitive.js';
export { definePrimitive } from './primitive.js';
export type { Entries } from './primitives/elementwise.js';
export type { PackedMatrix } from './primitives/packed.js';
export type { Place } from './primitives/rows.js';
export type { SparseMatrix } from './primitives/sparse.js';
export type { SparsePattern } from './primitives/sparseValues.js';
export { Tape } from './tape.js';
export { constant, parameter, type RowGradient, type Shape, Tensor } from './tensor.js';
export {
  packMatrix,
  packMatrixInto,
  releaseSparse,
  uploadNeighbourPattern,
  uploadNeighbours,
  uploadPattern,
  uploadSparse,
} from './upload.js';
