import type { Verb } from '../command.js';

/**
 * Every verb, in the order of the overview. A new verb is one file beside this one and one line here. A file is read when its verb
 * is meant: the overview and a misspelt verb must not wait for models, databases and language models to load.
 */
export const verbs: readonly Verb[] = [
  {
    verb: 'demo',
    summary: 'draw synthetic catalogs, train LightGCN, VBPR and AgentMMRec on them and compare',
    load: async () => (await import('./demo.js')).demo,
  },
  {
    verb: 'doctor',
    summary: 'look at this machine and say what is missing and how to get it',
    load: async () => (await import('./doctor.js')).doctor,
  },
  {
    verb: 'data stats',
    summary: 'count what a data set holds, without opening its test split',
    load: async () => (await import('./dataStats.js')).dataStats,
  },
  {
    verb: 'data list',
    summary: 'list the prepared data sets of the workspace',
    load: async () => (await import('./dataList.js')).dataList,
  },
  {
    verb: 'data sources',
    summary: 'list the public data sets that data fetch knows: source, licence, size, counts, checksum',
    load: async () => (await import('./dataSources.js')).dataSources,
  },
  {
    verb: 'data fetch',
    summary: 'download a public data set, with its source, licence and verification',
    load: async () => (await import('./dataFetch.js')).dataFetch,
  },
  {
    verb: 'data prepare',
    summary: 'read, filter and split a data set once and keep it under a name',
    load: async () => (await import('./dataPrepare.js')).dataPrepare,
  },
  {
    verb: 'data images',
    summary: 'download the images of a list of addresses, such as image-urls.tsv of a prepared data set',
    load: async () => (await import('./dataImages.js')).dataImages,
  },
  {
    verb: 'data export',
    summary: 'write a data set for other programs: MMRec, RecBole, Arrow or Parquet',
    load: async () => (await import('./dataExport.js')).dataExport,
  },
  {
    verb: 'data synth',
    summary: 'draw a synthetic shop: items with texts and images, users with tastes, interactions',
    load: async () => (await import('./dataSynth.js')).dataSynth,
  },
  {
    verb: 'encode',
    summary: "turn the items' texts and images into vectors and write them as Arrow files",
    load: async () => (await import('./encode.js')).encode,
  },
  {
    verb: 'knowledge plan',
    summary: 'count the calls, images, tokens, hours and money of knowledge by an LLM, before the first call',
    load: async () => (await import('./knowledgePlan.js')).knowledgePlan,
  },
  {
    verb: 'knowledge build',
    summary: 'let the agents write preferences and properties and refine the item graph',
    load: async () => (await import('./knowledgeBuild.js')).knowledgeBuild,
  },
  {
    verb: 'worker',
    summary: 'answer the questions of a queue with a language model of this machine',
    load: async () => (await import('./worker.js')).worker,
  },
  {
    verb: 'knowledge list',
    summary: 'list the memories of the workspace with how far each is',
    load: async () => (await import('./knowledgeList.js')).knowledgeList,
  },
  {
    verb: 'knowledge show',
    summary: 'print what is known about a user or an item, and where it came from',
    load: async () => (await import('./knowledgeShow.js')).knowledgeShow,
  },
  {
    verb: 'knowledge stats',
    summary: 'count the entries, versions and tokens of a memory',
    load: async () => (await import('./knowledgeStats.js')).knowledgeStats,
  },
  {
    verb: 'knowledge history',
    summary: 'list the versions of an entry and the decisions about which one counts',
    load: async () => (await import('./knowledgeHistory.js')).knowledgeHistory,
  },
  {
    verb: 'knowledge diff',
    summary: 'show what changed between two versions of an entry, word by word',
    load: async () => (await import('./knowledgeDiff.js')).knowledgeDiff,
  },
  {
    verb: 'knowledge rollback',
    summary: 'make an older version of an entry the current one; nothing is deleted',
    load: async () => (await import('./knowledgeRollback.js')).knowledgeRollback,
  },
  {
    verb: 'knowledge export',
    summary: 'write every version of every entry to one Arrow file',
    load: async () => (await import('./knowledgeExport.js')).knowledgeExport,
  },
  {
    verb: 'knowledge import',
    summary: 'read knowledge from an Arrow file made by knowledge export for the same data set',
    load: async () => (await import('./knowledgeImport.js')).knowledgeImport,
  },
  {
    verb: 'prompts show',
    summary: 'list the prompt templates, or print the one of a task',
    load: async () => (await import('./promptsShow.js')).promptsShow,
  },
  {
    verb: 'prompts check',
    summary: 'check every template: front matter, variables, budgets, families that are whole',
    load: async () => (await import('./promptsCheck.js')).promptsCheck,
  },
  {
    verb: 'prompts render',
    summary: 'print the prompts for a user or an item as they would be sent; nothing is sent',
    load: async () => (await import('./promptsRender.js')).promptsRender,
  },
  {
    verb: 'bench',
    summary: 'time the kernels and a training epoch beside torch, faiss and scipy',
    load: async () => (await import('./bench.js')).bench,
  },
  {
    verb: 'train',
    summary: 'train a model, stop early on validation, open the test split once',
    load: async () => (await import('./train.js')).train,
  },
  {
    verb: 'evaluate',
    summary: 'measure a trained model on validation; --split test opens the sealed split and says so in its log',
    load: async () => (await import('./evaluate.js')).evaluate,
  },
  {
    verb: 'recommend',
    summary: 'list the best items for a user, or write those of all users to a file; items of training are left out',
    load: async () => (await import('./recommend.js')).recommend,
  },
  {
    verb: 'runs list',
    summary: 'list the runs of the workspace, the newest first',
    load: async () => (await import('./runsList.js')).runsList,
  },
  {
    verb: 'runs show',
    summary: 'print what is known of a run: settings, metrics, curve',
    load: async () => (await import('./runsShow.js')).runsShow,
  },
  {
    verb: 'runs compare',
    summary: 'put runs beside each other: metrics and the settings in which they differ',
    load: async () => (await import('./runsCompare.js')).runsCompare,
  },
  {
    verb: 'serve',
    summary: 'show the workspace as local web pages, and answer other programs over HTTP',
    load: async () => (await import('./serve.js')).serve,
  },
  {
    verb: 'serve prepare',
    summary: 'make beforehand what serve answers from',
    load: async () => (await import('./servePrepare.js')).servePrepare,
  },
  {
    verb: 'mcp',
    summary: 'offer recommendations and what is known to agents as tools, over standard input and output',
    load: async () => (await import('./mcp.js')).mcp,
  },
  {
    verb: 'experiment',
    summary: 'a study of several seeds as a table with paired tests, figures and a page',
    load: async () => (await import('./experiment.js')).experiment,
  },
  {
    verb: 'experiment run',
    summary: 'do one run of an experiment by its address, as the runner does',
    load: async () => (await import('./experimentRun.js')).experimentRun,
  },
  {
    verb: 'report',
    summary: 'make the pages of all finished experiments anew, with an index',
    load: async () => (await import('./report.js')).report,
  },
  {
    verb: 'workspace clean',
    summary: 'remove cached artifacts; keep data, knowledge, checkpoints and reports unless --all',
    load: async () => (await import('./workspaceClean.js')).workspaceClean,
  },
];
