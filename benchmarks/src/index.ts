export { regressions } from './compareReports.js';
export { predictionError, renderMarkdown, showFact } from './markdown.js';
export type { Measurement } from './measure.js';
export { type BenchmarkReport, showSeconds } from './report.js';
export { renderPage } from './rooflinePage.js';
export { type BenchmarkRequest, runBenchmark } from './runBenchmark.js';
export { sizeNames } from './sizes.js';
export { suites } from './suites/index.js';
