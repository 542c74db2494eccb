import { defaultsOf, optional, readOptions, required } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { isAugmented, layMemory, type PlannedRun, performRun, RunStore } from '@agentmmrec/experiments';
import { defineCommand } from '../command.js';
import { loadOptions } from '../studies/datasetOptions.js';
import { openStudy, type StudyValues, studyOptions } from '../studies/studyOptions.js';

export const experimentRun = defineCommand({
  details:
    'Experiments start one process of it for each run. By hand it shows why a run failed: its address stands in the JSON beside a page.',
  example: 'agentmmrec experiment run --run 3f2a9c0d1e4b5a6978c0d1e2',
  options: {
    run: required({ type: 'text', help: 'address of the run' }),
    experimentWorkspace: optional({ type: 'text', help: 'workspace of the experiment; default: --workspace' }),
  },
  async run({ run: id, experimentWorkspace }, session) {
    const store = new RunStore(experimentWorkspace ?? session.workspace);
    const run = store.asked(id);
    const stop = () => process.kill(process.pid, 'SIGTERM');
    // The runner is gone: save and end, as for Ctrl-C.
    process.on('disconnect', stop);
    try {
      const dataset = await loadDataset(run.place.data, loadOptions(run.place.loading, session));
      layMemory(run, store);
      const study = await openStudy(dataset, valuesOf(run, store), session, { asks: asks(run) });
      try {
        const begunAtMs = Date.now() - 1000 * process.uptime();
        const finished = await performRun(run, study, store, (progress) => process.send?.(progress), begunAtMs);
        session.say(`${run.label}: done in ${finished.cost.wallSeconds.toFixed(1)} s`);
        session.emit({ run: id, ...finished.cost });
      } finally {
        await study.close();
      }
    } finally {
      process.off('disconnect', stop);
      if (process.connected) process.disconnect();
    }
  },
});

/** The options of knowledge: as planned, on the run's own memory. */
function valuesOf(run: PlannedRun, store: RunStore): StudyValues {
  const { source, rerankDepth, rerankWeight } = run.spec;
  const values = { ...defaultsOf('knowledge', studyOptions), ...run.place.encoders };
  if (source === null) return values;
  const { options, reasoner, llmModel, promptFamily, imagesPerPrompt, contextLength } = source;
  const given = {
    ...run.place.reach,
    ...run.place.encoders,
    ...options,
    reasoner,
    llmModel,
    promptFamily,
    imagesPerPrompt,
    contextLength,
  };
  const depth = rerankDepth > 0 ? { rerankDepth, rerankWeight } : {};
  return readOptions('knowledge', studyOptions, { ...given, ...depth, memory: store.memoryOf(run) });
}

/** Whether anything new is asked of the reasoner. */
function asks({ spec }: PlannedRun): boolean {
  const { kind, recipe } = spec;
  if (kind === 'knowledge' || recipe === null) return true;
  return recipe.feedback !== undefined || recipe.rerank !== 'none' || isAugmented(recipe.model);
}
