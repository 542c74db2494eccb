export { readArrowFile, writeArrowFile } from './arrow/arrowFile.js';
export { type Artifact, type ArtifactKey, ArtifactStore } from './artifacts.js';
export { Breather } from './breather.js';
export { AmrError, type ErrorFacts, type ErrorKind, nearestName, spelledName } from './errors.js';
export { fileError, requireFile, writeFileAtomic } from './files.js';
export { makeFolders } from './folders.js';
export { canonicalJson, digest } from './hash.js';
export { imageTypeOf, imageTypeOfFile, imageTypes, requirePlausiblePicture } from './imageType.js';
export type { Augmentation, Knowledge, KnowledgeParts } from './knowledge.js';
export { type Lock, tryLock } from './lock.js';
export {
  type CountedProgress,
  following,
  type Log,
  type Progress,
  type ProgressFacts,
  silentLog,
} from './log.js';
export { fromArrow, type Matrix, matrix, matrixRow, toArrow } from './matrix.js';
export {
  choice,
  defaultsOf,
  flag,
  integer,
  type Option,
  type OptionKind,
  type OptionSchema,
  type OptionValues,
  optional,
  pickOptions,
  readOptions,
  real,
  required,
  text,
  withDefaults,
} from './options.js';
export { isDangerousName, parsePlainJson } from './plainJson.js';
export { philox, RandomStream, RandomStreams, type StreamKey } from './random.js';
export { type Shape, shapes } from './shapes.js';
export { type ReadSigned, readSigned, signed } from './signed.js';
export {
  type Csr,
  type NeighbourLists,
  neighboursToCsr,
  transpose,
  transposeWithOrder,
  unionOf,
} from './sparse.js';
export { type ColumnKind, selectRows, whatIsDamaged } from './sqliteRows.js';
export {
  dropUnfinished,
  isTemporaryName,
  removeAbandoned,
  removeUnfinished,
  temporaryFolder,
  temporaryName,
} from './temporary.js';
export { cleanText, csvField, escapeHtml, markdownText, printable, withoutMarks } from './text.js';
export { textTable } from './textTable.js';
export { libraryWhenUsed, whenUsed } from './whenUsed.js';
