export { regressions } from './compareReports.js';
export {
  type CudaBenchmarkRequest,
  type CudaMeasurement,
  type CudaReport,
  runCudaBenchmark,
} from './cuda/cudaBenchmark.js';
export { renderCudaMarkdown } from './cuda/cudaMarkdown.js';
export { renderMarkdown } from './markdown.js';
export type { Measurement } from './measure.js';
export { type BenchmarkReport, showSeconds } from './report.js';
export { renderPage } from './rooflinePage.js';
export { type BenchmarkRequest, runBenchmark } from './runBenchmark.js';
export { openSize, sizeNames } from './sizes.js';
export { suites } from './suites/index.js';
