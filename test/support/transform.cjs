// TypeScript to JavaScript for jest, by swc. In the context that jest makes for a test file every use of a global goes through
// the context's interceptors, hundreds of times as slow as a variable; so each module takes the globals that its loops use into
// variables of its own. On the first line, so that line numbers stay.
const { createTransformer } = require('@swc/jest');

const GLOBALS = ['Math', 'Number'];
const swc = createTransformer({
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'es6' },
});

function withVariables(source) {
  const used = GLOBALS.filter((name) => new RegExp(`\\b${name}\\.`).test(source));
  return used.length > 0 ? `const { ${used.join(', ')} } = globalThis; ${source}` : source;
}

module.exports = {
  ...swc,
  canInstrument: false,
  getCacheKey: (source, ...rest) => swc.getCacheKey(withVariables(source), ...rest),
  process: (source, ...rest) => swc.process(withVariables(source), ...rest),
  processAsync: (source, ...rest) => swc.processAsync(withVariables(source), ...rest),
};
