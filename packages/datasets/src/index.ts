export { type SplitName, splitNames } from './assemble/choices.js';
export { catalogOptions } from './catalog/catalogOptions.js';
export type { ItemTraits, UserTaste } from './catalog/catalogTraits.js';
export { type CatalogRequest, type CatalogSummary, synthesizeCatalog } from './catalog/synthesizeCatalog.js';
export type {
  Dataset,
  DatasetReport,
  Features,
  Interactions,
  ItemContent,
  SealedTest,
  TrainingData,
} from './contract.js';
export { checkSource } from './dataSource.js';
export { type ContentStats, type DatasetStats, datasetStats, type Spread } from './dataset/datasetStats.js';
export {
  buildInteractions,
  hasInteraction,
  itemDegrees,
  itemsOf,
  type Pairs,
  pairsOf,
} from './dataset/interactions.js';
export { type Opening, readOpenings } from './dataset/openings.js';
export { findPublishedCounts } from './dataset/publishedCounts.js';
export { type SparsityGroup, sparsityGroups } from './dataset/sparsityGroups.js';
export { type ExportFormat, exportDataset, exportFormats } from './export/exportDataset.js';
export {
  checkRecommendationPath,
  exportRecommendations,
  type RecommendedLists,
} from './export/exportRecommendations.js';
export { type CatalogueEntry, datasetCatalogue } from './fetch/datasetCatalogue.js';
export {
  checksumOfFiles,
  type FetchedDataset,
  type FetchRequest,
  fetchDataset,
  sizeOfFiles,
} from './fetch/fetchDataset.js';
export { type FetchedImages, type FetchImagesRequest, fetchImages, imageFetchOptions } from './fetch/fetchImages.js';
export { columnNames } from './files/columnNames.js';
export type { ColumnChoice } from './files/columns.js';
export { formatNames } from './formats/readRaw.js';
export { type LoadOptions, loadDataset } from './loadDataset.js';
export { type LoadingValues, loadingChoices, loadingOptions } from './loadingOptions.js';
export { type PreparedDataset, type PrepareOptions, prepareDataset } from './prepareDataset.js';
export { type EncodedFeatures, writeEncodedFeatures } from './prepared/encodedFeatures.js';
export { type PreparedManifest, preparedNames, readManifest as readPreparedManifest } from './prepared/manifest.js';
