import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AmrError, nearestName } from '@agentmmrec/core';
import { type PromptTaskName, promptTaskNames } from './promptTasks.js';
import { DEFAULT_FAMILY, type PromptTemplate, parseTemplate } from './promptTemplate.js';

/** The templates of a folder, each checked. */
export interface PromptCatalog {
  readonly directory: string;
  /** by task, family and version */
  readonly templates: readonly PromptTemplate[];
  /** names of families, `default` first */
  readonly families: readonly string[];
  /**
   * The newest version of a task's template in a family, or the version asked for.
   * @throws AmrError input when there is none
   */
  get(task: PromptTaskName, family?: string, version?: number): PromptTemplate;
}

/** One file and what is wrong with it. */
export interface PromptProblem {
  readonly file: string;
  readonly problem: string;
}

/** Loads every template of a folder. @throws AmrError input at the first problem, see `checkPrompts` for all */
export function promptCatalog(directory = promptDirectory()): PromptCatalog {
  const { templates, problems } = readAll(directory);
  if (problems.length > 0) throw problems[0].error;
  const families = [...new Set(templates.map((template) => template.family))];
  return {
    directory,
    templates,
    families,
    get(task, family = DEFAULT_FAMILY, version) {
      const found = templates.filter((one) => one.task === task && one.family === family);
      const chosen = version === undefined ? found.at(-1) : found.find((one) => one.version === version);
      if (chosen) return chosen;
      const near = families.includes(family) ? undefined : nearestName(family, families);
      throw new AmrError({
        what: `prompt ${task}, family ${family}${version === undefined ? '' : `, version ${version}`}`,
        got: 'no such template',
        expected: `one of ${templates.filter((one) => one.task === task).map((one) => one.id)}`,
        hint: near ? `did you mean the family "${near}"?` : `families: ${families.join(', ')}`,
      });
    },
  };
}

/** All that is wrong in a prompts folder: files that do not hold, and families that lack a task. */
export function checkPrompts(directory = promptDirectory()): PromptProblem[] {
  const { templates, problems } = readAll(directory);
  const list = problems.map(({ file, error }) => ({ file, problem: error.message }));
  if (problems.length > 0) return list;
  for (const family of new Set([DEFAULT_FAMILY, ...templates.map((template) => template.family)])) {
    for (const task of promptTaskNames) {
      if (templates.some((one) => one.family === family && one.task === task)) continue;
      list.push({ file: directory, problem: `family ${family} has no template for ${task}` });
    }
  }
  return list;
}

/** The `prompts` folder that ships with this package: the nearest one above it. */
export function promptDirectory(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'prompts');
    if (existsSync(join(candidate, 'integrator'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  throw new AmrError({
    what: 'prompts folder',
    got: 'none beside the installed package',
    expected: 'the prompts folder of agentmmrec',
    hint: 'install agentmmrec again, or name a folder with --prompts',
  });
}

function readAll(directory: string) {
  const templates: PromptTemplate[] = [];
  const problems: { file: string; error: AmrError }[] = [];
  for (const file of templateFiles(directory)) {
    try {
      templates.push(parseTemplate(file, readFileSync(join(directory, file), 'utf8')));
    } catch (error) {
      if (!(error instanceof AmrError)) throw error;
      problems.push({ file, error });
    }
  }
  const rank = ({ family }: PromptTemplate) => (family === DEFAULT_FAMILY ? '' : family);
  templates.sort((a, b) => compare(rank(a), rank(b)) || compare(a.task, b.task) || a.version - b.version);
  return { templates, problems };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function templateFiles(directory: string): string[] {
  if (!existsSync(directory)) {
    const hint = 'name the folder that holds integrator/ and utilizer/';
    throw new AmrError({ what: 'prompts folder', got: `no ${directory}`, expected: 'a folder of templates', hint });
  }
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md') && entry.name !== 'README.md');
  return files.map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
}
