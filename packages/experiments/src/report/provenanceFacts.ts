import type { Provenance } from '../execution/provenance.js';
import type { ExperimentResult } from '../execution/result.js';

/** Where the numbers of a result come from, by name. */
export function provenanceFacts({ provenance: from, data, seeds }: ExperimentResult): (readonly [string, string])[] {
  const list = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ');
  return [
    ['Command', from.command],
    ['Options', list(from.options)],
    ...(from.defaults ? [['Further options, at their defaults', list(from.defaults)] as const] : []),
    ['Seeds', seeds.join(', ')],
    ['Code', `version ${from.version}, digest ${codeOf(from)}`],
    ['Data', `fingerprint ${data.fingerprint}`],
    ['Machine', from.machines.join('; ')],
    ['Device', from.devices.join('; ')],
    ['Reasoner', from.reasoners.join('; ') || 'none'],
    ...(from.writers ? [['Written by', from.writers.join('; ')] as const] : []),
    ['Time of all runs', `${(from.wallSeconds / 60).toFixed(1)} minutes in ${from.runCount ?? from.runs.length} runs`],
    ['Language model', `${from.calls.toLocaleString('en')} calls, ${from.tokens.toLocaleString('en')} tokens`],
  ];
}

/** The code that made the numbers: what is asked with, and what made the kept runs. */
function codeOf({ codeVersion, keptCodeVersions = [] }: Provenance): string {
  return keptCodeVersions.length === 0 ? codeVersion : `${codeVersion}; kept runs by ${keptCodeVersions.join(', ')}`;
}
