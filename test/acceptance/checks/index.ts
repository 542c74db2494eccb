import type { AcceptanceCheck } from '../check.js';
import { agentChecks } from './agents.js';
import { baselineChecks } from './baselines.js';
import { cudaChecks } from './cuda.js';
import { dataChecks } from './data.js';
import { demoChecks } from './demo.js';
import { quickStartChecks } from './quickStart.js';
import { realDataChecks } from './realData.js';
import { speedChecks } from './speed.js';

/** Every gate and target. A file beside this one holds those of one matter; one line here adds it. */
export const checks: readonly AcceptanceCheck[] = [
  ...quickStartChecks,
  ...demoChecks,
  ...baselineChecks,
  ...realDataChecks,
  ...speedChecks,
  ...cudaChecks,
  ...agentChecks,
  ...dataChecks,
];
