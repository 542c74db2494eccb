// Prints `passed failed skipped` of one runner's result file: jest's JSON or a JUnit XML. Exits with 1 where there is none.
import { readFileSync } from 'node:fs';

const path = process.argv[2];
try {
  const text = readFileSync(path, 'utf8');
  const counts = path.endsWith('.xml') ? fromJunit(text) : fromJest(JSON.parse(text));
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

function fromJunit(xml) {
  const cases = xml.match(/<testcase\b[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g) ?? [];
  if (cases.length === 0) throw new Error('no test cases inside');
  const failed = cases.filter((one) => /<(failure|error)\b/.test(one) || /status="fail"/.test(one)).length;
  const skipped = cases.filter((one) => /<skipped\b/.test(one) || /status="(notrun|disabled)"/.test(one)).length;
  return [cases.length - failed - skipped, failed, skipped];
}
