export { catalogOptions, catalogVersion } from './catalogOptions.js';
export type { ItemTraits, UserTaste } from './catalogTraits.js';
export type {
  Dataset,
  DatasetReport,
  Features,
  Interactions,
  ItemContent,
  SealedTest,
  TrainingData,
} from './contract.js';
export { type CatalogueEntry, datasetCatalogue } from './datasetCatalogue.js';
export { type ContentStats, type DatasetStats, datasetStats, type Spread } from './datasetStats.js';
export { type EncodedFeatures, writeEncodedFeatures } from './encodedFeatures.js';
export { type ExportFormat, exportDataset, exportFormats } from './exportDataset.js';
export { checkRecommendationPath, exportRecommendations, type RecommendedLists } from './exportRecommendations.js';
export {
  checksumOfFiles,
  type FetchedDataset,
  type FetchRequest,
  fetchDataset,
  sizeOfFiles,
} from './fetchDataset.js';
export { type FetchedImages, type FetchImagesRequest, fetchImages } from './fetchImages.js';
export { type FormatName, formatNames } from './formats.js';
export { buildInteractions, hasInteraction, itemDegrees, itemsOf, type Pairs, pairsOf } from './interactions.js';
export { loadDataset } from './loadDataset.js';
export { type LoadOptions, type SplitName, splitNames } from './loadOptions.js';
export { readNpy } from './npy.js';
export { type Opening, readOpenings } from './openings.js';
export { type PreparedDataset, type PrepareOptions, prepareDataset } from './prepareDataset.js';
export { preparedNames } from './preparedDataset.js';
export { findPublishedCounts } from './publishedCounts.js';
export { withRandomEvaluationSplits } from './randomEvaluationSplits.js';
export { type CatalogTraits, readTraits } from './readTraits.js';
export { type SparsityGroup, sparsityGroups } from './sparsityGroups.js';
export { type CatalogRequest, type CatalogSummary, synthesizeCatalog } from './synthesizeCatalog.js';
