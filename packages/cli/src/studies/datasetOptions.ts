import { required } from '@agentmmrec/core';
import { type LoadingValues, type LoadOptions, loadingChoices, loadingOptions } from '@agentmmrec/datasets';
import type { Session } from '../session/session.js';

/** Which data set a verb reads, and how. */
export const datasetOptions = {
  data: required({ type: 'text', help: 'an existing path, else the name of a prepared data set' }),
  ...loadingOptions,
} as const;

export function loadOptions(values: LoadingValues, { workspace, log }: Session): LoadOptions {
  return { workspace, log, ...loadingChoices(values) };
}
