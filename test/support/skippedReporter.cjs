// Names every test that did not run after the summary, so that none goes unseen. The reason stands in the name of the test
// or of its group, as in `describe('baby (needs ../shared/data)')`.
module.exports = class SkippedReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults.filter((one) => one.status === 'pending' || one.status === 'todo').map((one) => one.fullName),
    );
    if (skipped.length === 0) return;
    process.stderr.write(`\nSkipped ${skipped.length}:\n${skipped.map((name) => `  ${name}\n`).join('')}`);
  }
};
