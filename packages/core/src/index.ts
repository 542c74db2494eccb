export { type Artifact, type ArtifactKey, ArtifactStore } from './artifacts.js';
export { AmrError, type ErrorFacts, type ErrorKind, nearestName } from './errors.js';
export { fileError, readArrowFile, temporaryName, writeArrowFile, writeFileAtomic } from './files.js';
export { canonicalJson, digest } from './hash.js';
export { type Log, type Progress, silentLog } from './log.js';
export { fromArrow, type Matrix, matrix, matrixRow, toArrow } from './matrix.js';
export {
  choice,
  flag,
  integer,
  type Option,
  type OptionSchema,
  type OptionValues,
  readOptions,
  real,
  text,
} from './options.js';
export { philox, RandomStream, RandomStreams, type StreamKey } from './random.js';
export {
  type Csr,
  type NeighbourLists,
  neighboursToCsr,
  transpose,
  transposeWithOrder,
  unionOf,
} from './sparse.js';
