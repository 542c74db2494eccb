// The layers, lowest first: packages under packages/, and benchmarks, which the command line runs. `dependencyRules.cjs` turns them
// into rules, `layers.test.ts` checks that every package has one.
module.exports = [
  ['core'],
  ['kernels', 'datasets', 'llm'],
  ['autograd', 'graphs', 'encoders', 'memory', 'evaluation'],
  ['models', 'agents'],
  ['training'],
  ['experiments', 'benchmarks'],
  ['explorer'],
  ['cli'],
];
