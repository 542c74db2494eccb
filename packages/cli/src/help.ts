import type { Option, OptionSchema } from '@agentmmrec/core';
import { globalOptions } from './arguments/globalOptions.js';
import { flagName } from './arguments/optionNames.js';
import type { Command, Verb } from './command.js';
import { hanging } from './session/hanging.js';

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

function flagList(title: string, schema: OptionSchema, columns: number): string {
  const rows = Object.entries(schema).map(([name, option]) => {
    const dashes = name.length === 1 ? '-' : '--';
    return [`  ${dashes}${flagName(name)}${valueForm(option)}`, `${option.help}${defaultNote(option)}`];
  });
  if (rows.length === 0) return '';
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => {
    const aside = left.length > width ? `${choicesBroken(left, columns)}\n` : '';
    return `${aside}${hanging(`${aside ? ' '.repeat(width) : left.padEnd(width)}  `, right, columns)}`;
  });
  return [`${title}:`, ...lines].join('\n');
}

/** A flag with more choices than a line holds goes on under its first choice. */
function choicesBroken(left: string, columns: number): string {
  const at = left.lastIndexOf(' ') + 1;
  const lines = [left.slice(0, at)];
  for (const choice of left.slice(at).split(/(?<=\|)/)) {
    const line = lines[lines.length - 1] + choice;
    if (line.length < columns || line.length === at + choice.length) lines[lines.length - 1] = line;
    else lines.push(' '.repeat(at) + choice);
  }
  return lines.join('\n');
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
