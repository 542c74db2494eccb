// Tests run on the TypeScript sources (swc strips the types; `npm run typecheck` checks them), so a test never needs dist/.
// The addon is the one thing that must be built first: `npm run build:native`.
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: [
    '<rootDir>/packages/*/src/**/*.test.ts',
    '<rootDir>/benchmarks/src/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/cuda/', '<rootDir>/test/cudaCard/'],
  maxWorkers: '100%',
  // No test measures time; this only ends one that hangs.
  testTimeout: 120_000,
  extensionsToTreatAsEsm: ['.ts'],
  reporters: ['default', '<rootDir>/test/support/skippedReporter.cjs'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/transform.cjs' },
  moduleNameMapper: {
    '^@agentmmrec/fakellm$': '<rootDir>/test/fakellm/src/index.ts',
    '^@agentmmrec/(?!native|benchmarks|fakellm)([a-z]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/native/build/'],
};
