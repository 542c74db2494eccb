import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digest, printable, readSigned, signed, writeFileAtomic } from '@agentmmrec/core';
import { type ExperimentResult, earlierFormat, resultFormat } from '../execution/result.js';
import { experiments } from '../experiments/index.js';
import { renderPage } from '../page/page.js';
import { dataTitle } from './dataTitle.js';
import { experimentPage } from './experimentPage.js';
import { renderCsv, renderLatex, renderMarkdown } from './plainForms.js';

/** Forms of a result beside its JSON, by their ending. */
const forms = { md: renderMarkdown, csv: renderCsv, tex: renderLatex } as const;

/** Writes a result as JSON, page, Markdown, CSV and LaTeX into `<workspace>/reports`, and the index anew. */
export function writeReport(workspace: string, result: ExperimentResult): Readonly<Record<string, string>> {
  const folder = join(workspace, 'reports');
  // The same study of other data, seeds, rows or options stands beside it; the same again takes its own place.
  const { options: all, reasoners } = result.provenance;
  // What is not set may be an option that came since: the page keeps its name.
  const options = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const rows = result.rows.map(({ label }) => label);
  const decides = { data: result.data.fingerprint, seeds: result.seeds, rows, options, reasoners };
  const which = digest(decides).slice(0, 8);
  const stem = `${result.name}-${result.data.name}-${which}`.replace(/[^A-Za-z0-9._-]+/g, '-');
  const path = (ending: string) => join(folder, `${stem}.${ending}`);
  writeFileAtomic(path('json'), `${printable(JSON.stringify(signed({ ...result, format: resultFormat }), null, 1))}\n`);
  return { ...writeForms(folder, stem, result), index: writeIndex(workspace) };
}

/** Makes all pages anew from the results in JSON. @returns what was read, and the names of results that are damaged */
export function remakeReports(workspace: string): {
  readonly results: number;
  readonly damaged: readonly string[];
  readonly index: string;
} {
  const { results, damaged } = resultsIn(workspace);
  for (const { stem, result } of results) writeForms(join(workspace, 'reports'), stem, result);
  return { results: results.length, damaged, index: writeIndex(workspace) };
}

function writeForms(folder: string, stem: string, result: ExperimentResult): Record<string, string> {
  const path = (ending: string) => join(folder, `${stem}.${ending}`);
  for (const [ending, render] of Object.entries(forms)) writeFileAtomic(path(ending), render(result));
  const links = [
    { name: 'Markdown', file: `${stem}.md` },
    { name: 'CSV', file: `${stem}.csv` },
    { name: 'LaTeX', file: `${stem}.tex` },
    { name: 'JSON', file: `${stem}.json` },
    { name: 'all experiments', file: 'index.html' },
  ];
  writeFileAtomic(path('html'), experimentPage(result, links));
  return { page: path('html'), markdown: path('md'), csv: path('csv'), latex: path('tex'), json: path('json') };
}

function writeIndex(workspace: string): string {
  const path = join(workspace, 'reports', 'index.html');
  const items = resultsIn(workspace)
    .results.toSorted((a, b) => placeOf(a.result) - placeOf(b.result))
    .map(({ stem, result }) => {
      const best = result.rows
        .filter(({ mean }) => mean !== null)
        .toSorted((a, b) => (b.mean?.['recall@20'] ?? 0) - (a.mean?.['recall@20'] ?? 0))[0];
      return {
        stem,
        cells: [
          result.title,
          dataTitle(result.data),
          result.shows ?? '',
          best ? `${best.label}, ${best.mean?.['recall@20'].toFixed(4)}` : '–',
          result.provenance.command,
        ],
      };
    });
  writeFileAtomic(
    path,
    renderPage({
      title: 'Experiments',
      introduction: [
        items.length === 0
          ? 'No experiment is finished yet.'
          : `${items.length} finished, in the order of the paper. Each name leads to a page with its table, figures and tests, and to the same as Markdown, CSV, LaTeX and JSON.`,
      ],
      sections:
        items.length === 0
          ? []
          : [
              {
                heading: 'Pages',
                table: {
                  columns: ['experiment', 'data', 'in the paper', 'best Recall@20', 'made by'],
                  rows: items.map(({ cells }) => cells),
                  words: [1, 2, 3, 4],
                  links: items.map(({ stem }) => `${stem}.html`),
                },
              },
            ],
    }),
  );
  return path;
}

/** Of the paper's tables and figures in their order; what stands for none of them comes last. */
function placeOf({ name, shows }: ExperimentResult): number {
  return shows === null ? experiments.length : experiments.findIndex((experiment) => experiment.name === name);
}

/** As `writeReport` names a result. */
const ownName = /-[0-9a-f]{8}\.json$/;

/** A damaged file costs its own page alone; other programs' are passed over. */
function resultsIn(workspace: string): {
  readonly results: readonly { readonly stem: string; readonly result: ExperimentResult }[];
  readonly damaged: readonly string[];
} {
  const folder = join(workspace, 'reports');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const results: { stem: string; result: ExperimentResult }[] = [];
  const damaged: string[] = [];
  for (const name of names.toSorted()) {
    const { state, content } = readSigned<ExperimentResult>(join(folder, name)) ?? { state: 'changed', content: {} };
    const isResult = content.format === (state === 'whole' ? resultFormat : earlierFormat);
    if (state === 'changed' && ownName.test(name)) damaged.push(name);
    if (state !== 'changed' && isResult)
      results.push({ stem: name.slice(0, -'.json'.length), result: content as ExperimentResult });
  }
  return { results, damaged };
}
