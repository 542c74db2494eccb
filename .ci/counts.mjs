// Prints `passed failed skipped` of one runner's results: jest's JSON, or a log that ends in `N passed, N failed`. Exits with 1
// where there is none.
import { readFileSync } from 'node:fs';

const path = process.argv[2];
try {
  const text = readFileSync(path, 'utf8');
  const counts = path.endsWith('.json') ? fromJest(JSON.parse(text)) : fromLastLine(text);
  if (!counts.every(Number.isInteger)) throw new Error('no counts inside');
  console.log(counts.join(' '));
} catch (error) {
  console.error(`${path}: ${error.message}`);
  process.exitCode = 1;
}

/** A suite that failed to run has no tests of its own: it counts as one failed. */
function fromJest(results) {
  return [
    results.numPassedTests,
    results.numFailedTests + results.numRuntimeErrorTestSuites,
    results.numPendingTests + results.numTodoTests,
  ];
}

function fromLastLine(log) {
  const found = [...log.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (!found) throw new Error('no line "N passed, N failed"');
  return [found[1], found[2], found[3] ?? 0].map(Number);
}
