// The layer rule as dependency-cruiser rules. A package may import lower layers only, and only through a package's index.
const layers = require('./layers.cjs');

const folderOf = (name) => (name === 'benchmarks' ? '^benchmarks/' : `^packages/${name}/`);
const product = '^(packages/[^/]+|benchmarks)/';
/** What tests may do and product code may not. */
const fakeServer = '^test/fakellm/src/index\\.ts$';
const tests = '(\\.test\\.ts$|/testing/|^test/)';

const layerRules = layers.flatMap((names, layer) =>
  names.map((name) => ({
    name: `layer-${layer}-${name}`,
    severity: 'error',
    comment: `${name} may import lower layers only`,
    from: { path: folderOf(name) },
    to: { path: product, pathNot: [name, ...layers.slice(0, layer).flat()].map(folderOf) },
  })),
);

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'index-is-the-only-door',
      severity: 'error',
      from: { path: product },
      to: { path: product, pathNot: ['^$1/', '^(packages/[^/]+|benchmarks)/src/(index\\.ts$|testing/)'] },
    },
    {
      name: 'only-kernels-imports-the-addon',
      severity: 'error',
      comment: 'scripts that build or pack it are no part of the product',
      from: { pathNot: '^packages/kernels/' },
      to: { path: '(^native/|^@agentmmrec/native|\\.node$)', pathNot: '^native/\\w+\\.mjs$' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@agentmmrec/native' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'product-code-needs-no-tests',
      severity: 'error',
      from: { path: product, pathNot: tests },
      to: { path: tests, pathNot: fakeServer },
    },
    {
      name: 'packages-need-no-fake-server',
      severity: 'error',
      comment:
        'benchmarks may use the private package of the fake server of language models, what is published may not',
      from: { path: '^packages/', pathNot: tests },
      to: { path: fakeServer },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
