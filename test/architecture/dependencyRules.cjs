// The layer rule as dependency-cruiser rules. A package may import lower layers only, and only through a package's index.
const layers = require('./layers.cjs');

const layerRules = layers.flatMap((names, layer) =>
  names.map((name) => ({
    name: `layer-${layer}-${name}`,
    severity: 'error',
    comment: `${name} may import lower layers only`,
    from: { path: `^packages/${name}/` },
    to: {
      path: '^packages/',
      pathNot: [name, ...layers.slice(0, layer).flat()].map((allowed) => `^packages/${allowed}/`),
    },
  })),
);

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'index-is-the-only-door',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/([^/]+)/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'only-kernels-imports-the-addon',
      severity: 'error',
      from: { pathNot: '^packages/kernels/' },
      to: { path: '(^native/|^@agentmmrec/native|\\.node$)' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^packages/' },
      to: { couldNotResolve: true, pathNot: '^@agentmmrec/native' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
};
