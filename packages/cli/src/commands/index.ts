import type { Command } from '../command.js';
import { bench } from './bench.js';
import { dataExport } from './dataExport.js';
import { dataFetch } from './dataFetch.js';
import { dataImages } from './dataImages.js';
import { dataPrepare } from './dataPrepare.js';
import { dataSources } from './dataSources.js';
import { dataStats } from './dataStats.js';
import { dataSynth } from './dataSynth.js';
import { demo } from './demo.js';
import { doctor } from './doctor.js';
import { encode } from './encode.js';
import { evaluate } from './evaluate.js';
import { experiment } from './experiment.js';
import { knowledgeBuild } from './knowledgeBuild.js';
import { knowledgeDiff } from './knowledgeDiff.js';
import { knowledgeExport } from './knowledgeExport.js';
import { knowledgeHistory } from './knowledgeHistory.js';
import { knowledgeImport } from './knowledgeImport.js';
import { knowledgePlan } from './knowledgePlan.js';
import { knowledgeRollback } from './knowledgeRollback.js';
import { knowledgeShow } from './knowledgeShow.js';
import { knowledgeStats } from './knowledgeStats.js';
import { promptsCheck } from './promptsCheck.js';
import { promptsRender } from './promptsRender.js';
import { promptsShow } from './promptsShow.js';
import { recommend } from './recommend.js';
import { train } from './train.js';
import { workspaceClean } from './workspaceClean.js';

/** Every verb, in the order of the overview. A new verb is one file beside this one and one line here. */
export const commands: readonly Command[] = [
  demo,
  doctor,
  dataStats,
  dataSources,
  dataFetch,
  dataPrepare,
  dataImages,
  dataExport,
  dataSynth,
  encode,
  knowledgePlan,
  knowledgeBuild,
  knowledgeShow,
  knowledgeStats,
  knowledgeHistory,
  knowledgeDiff,
  knowledgeRollback,
  knowledgeExport,
  knowledgeImport,
  promptsShow,
  promptsCheck,
  promptsRender,
  bench,
  train,
  evaluate,
  recommend,
  experiment,
  workspaceClean,
];
