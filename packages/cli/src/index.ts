/**
 * The library's front door: one namespace a package, as in `import { training, models } from 'agentmmrec'`. What a package
 * exports is its public surface; nothing else may be imported.
 */
export * as agents from '@agentmmrec/agents';
export * as autograd from '@agentmmrec/autograd';
export * as core from '@agentmmrec/core';
export * as datasets from '@agentmmrec/datasets';
export * as encoders from '@agentmmrec/encoders';
export * as evaluation from '@agentmmrec/evaluation';
export * as experiments from '@agentmmrec/experiments';
export * as explorer from '@agentmmrec/explorer';
export * as graphs from '@agentmmrec/graphs';
export * as kernels from '@agentmmrec/kernels';
export * as llm from '@agentmmrec/llm';
export * as memory from '@agentmmrec/memory';
export * as models from '@agentmmrec/models';
export * as training from '@agentmmrec/training';
