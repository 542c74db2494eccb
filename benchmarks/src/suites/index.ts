import type { Suite } from '../suite.js';
import { agentmmrec } from './agentmmrec.js';
import { agents } from './agents.js';
import { bpr } from './bpr.js';
import { data } from './data.js';
import { epoch } from './epoch.js';
import { epochs } from './epochs.js';
import { gemm } from './gemm.js';
import { ials } from './ials.js';
import { infonce } from './infonce.js';
import { neighbours } from './neighbours.js';
import { queue } from './queue.js';
import { ranking } from './ranking.js';
import { scaling } from './scaling.js';
import { serve } from './serve.js';
import { spmm } from './spmm.js';
import { threads } from './threads.js';
import { topk } from './topk.js';

/** Every suite by the name the command line knows. */
export const suites: readonly Suite[] = [
  spmm,
  neighbours,
  topk,
  ranking,
  bpr,
  gemm,
  infonce,
  ials,
  epoch,
  epochs,
  scaling,
  threads,
  agentmmrec,
  agents,
  queue,
  data,
  serve,
];
