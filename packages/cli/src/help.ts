import type { Option, OptionSchema } from '@agentmmrec/core';
import { globalOptions } from './arguments/globalOptions.js';
import { flagName } from './arguments/optionNames.js';
import type { Command, Verb } from './command.js';

/** Narrower columns of words are harder to read than lines that a terminal breaks. */
const leastWidth = 24;

/** The list of all verbs. @param columns of the terminal; none: lines are as long as they are */
export function overview(verbs: readonly Omit<Verb, 'load'>[], columns = Number.POSITIVE_INFINITY): string {
  const width = Math.max(...verbs.map(({ verb }) => verb.length));
  return [
    'agentmmrec: multimodal recommendation with LLM agents on native graph kernels',
    '',
    'Usage: agentmmrec <verb> [--flag value]...',
    '',
    ...verbs.map(({ verb, summary }) => hanging(`  ${verb.padEnd(width)}  `, summary, columns)),
    '',
    'Try: agentmmrec demo            Help: agentmmrec <verb> --help',
  ].join('\n');
}

/** Help of one verb: what it does, an example, its flags, then the flags every verb has. */
export function commandHelp(command: Command, further: OptionSchema, columns = Number.POSITIVE_INFINITY): string {
  const words = command.positionals.map((positional) => ` <${positional.name}>`).join('');
  const sections = [
    hanging('', `agentmmrec ${command.verb}${words}: ${command.summary}`, columns),
    hanging('', command.details, columns),
    `Example:\n  ${command.example}`,
    command.positionals.map(({ name, help }) => hanging(`  <${name}>  `, help, columns)).join('\n'),
    flagList('Flags', command.options, columns),
    flagList('Further flags', further, columns),
    flagList('Flags of every verb', globalOptions, columns),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** A text after a lead, broken at spaces, its further lines under its first; lines of its own stay. */
function hanging(lead: string, text: string, columns: number): string {
  const width = Math.max(leastWidth, columns - 1 - lead.length);
  const lines = text.split('\n').flatMap((line) => broken(line, width));
  return lines.map((line, n) => `${n === 0 ? lead : ' '.repeat(lead.length)}${line}`).join('\n');
}

function broken(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    // A word that is longer than the line stands over its end.
    const at = space > 0 ? space : rest.indexOf(' ');
    if (at < 0) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, rest];
}

function flagList(title: string, schema: OptionSchema, columns: number): string {
  const rows = Object.entries(schema).map(([name, option]) => {
    const dashes = name.length === 1 ? '-' : '--';
    return [`  ${dashes}${flagName(name)}${valueForm(option)}`, `${option.help}${defaultNote(option)}`];
  });
  if (rows.length === 0) return '';
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => {
    const aside = left.length > width ? `${left}\n` : '';
    return `${aside}${hanging(`${aside ? ' '.repeat(width) : left.padEnd(width)}  `, right, columns)}`;
  });
  return [`${title}:`, ...lines].join('\n');
}

function valueForm(option: Option): string {
  switch (option.type) {
    case 'boolean':
      return 'default' in option && option.default ? ' on|off' : '';
    case 'choice':
      return ` ${option.choices.join('|')}`;
    case 'text':
      return ' TEXT';
    default:
      return ' N';
  }
}

function defaultNote(option: Option): string {
  if ('required' in option) return ' (required)';
  const { default: value } = option;
  if (value === null || value === '' || value === false) return '';
  return ` (default ${value === true ? 'on' : value})`;
}
