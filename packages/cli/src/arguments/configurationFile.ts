import { existsSync, readFileSync, statSync } from 'node:fs';
import { AmrError, isDangerousName, requireFile } from '@agentmmrec/core';
import { parse, YAMLParseError } from 'yaml'; // the YAML 1.2 parser with the most complete error positions
import { optionName } from './optionNames.js';

/** Options are some lines. */
const mostBytes = 2 ** 20;

/**
 * Options from a YAML file: a flat map whose keys are flag names (`feedback-users` or `feedbackUsers`).
 * @throws AmrError input: no such file, no YAML, or something other than a flat map
 */
export function readConfigurationFile(path: string): Record<string, string | number | boolean> {
  const what = `configuration ${path}`;
  if (existsSync(path)) requireOptions(path, what);
  let root: unknown;
  try {
    root = parse(readFileSync(path, 'utf8'), { logLevel: 'error' }); // warnings would go to the terminal as Node's
  } catch (cause) {
    // Other errors than those of the file system are of the text: aliases without end, or nested without end.
    const isText = !('syscall' in (cause as Error));
    const said = cause instanceof YAMLParseError && !/call stack/.test(cause.message);
    throw new AmrError({
      what,
      got: said ? cause.message.split('\n')[0] : isText ? 'a text that repeats or nests itself' : 'no readable file',
      expected: 'a YAML file of options',
      hint: isText ? 'write one "name: value" a line' : 'check the path given to --config',
      cause,
    });
  }
  if (root === null || root === undefined) return {};
  if (typeof root !== 'object' || Array.isArray(root))
    throw notFlat(what, Array.isArray(root) ? 'a list' : typeof root);
  const values: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(root)) {
    if (isDangerousName(key)) throw notFlat(`${what}, "${key}"`, 'a name that no option has');
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw notFlat(
        `${what}, "${key}"`,
        value === null ? 'no value' : Array.isArray(value) ? 'a list' : 'a nested map',
      );
    }
    values[optionName(key)] = value;
  }
  return values;
}

function notFlat(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'a flat map of option names to single values',
    hint: 'write lists as the flag takes them: plus: graph,rerank',
  });
}

/** Refuses what would fill the memory or never end. */
function requireOptions(path: string, what: string): void {
  requireFile(path);
  const { size } = statSync(path);
  if (size <= mostBytes) return;
  throw new AmrError({
    what,
    got: `${size} bytes`,
    expected: `a YAML file of options, of at most ${mostBytes} bytes`,
    hint: 'check the path given to --config',
  });
}
