import type { Option, OptionSchema } from '@agentmmrec/core';
import type { Command, Verb } from '../command.js';
import { globalOptions } from './globalOptions.js';
import { flagName } from './optionNames.js';

/** The list of all verbs. */
export function overview(verbs: readonly Omit<Verb, 'load'>[]): string {
  const width = Math.max(...verbs.map(({ verb }) => verb.length));
  return [
    'agentmmrec: multimodal recommendation with LLM agents on native graph kernels',
    '',
    'Usage: agentmmrec <verb> [--flag value]...',
    '',
    ...verbs.map(({ verb, summary }) => `  ${verb.padEnd(width)}  ${summary}`),
    '',
    'Try: agentmmrec demo            Help: agentmmrec <verb> --help',
  ].join('\n');
}

/** Help of one verb: what it does, an example, its flags, then the flags every verb has. */
export function commandHelp(command: Command, further: OptionSchema): string {
  const words = command.positionals.map((positional) => ` <${positional.name}>`).join('');
  const sections = [
    `agentmmrec ${command.verb}${words}: ${command.summary}`,
    command.details,
    `Example:\n  ${command.example}`,
    command.positionals.map((positional) => `  <${positional.name}>  ${positional.help}`).join('\n'),
    flagList('Flags', command.options),
    flagList('Further flags', further),
    flagList('Flags of every verb', globalOptions),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function flagList(title: string, schema: OptionSchema): string {
  const rows = Object.entries(schema).map(([name, option]) => {
    const dashes = name.length === 1 ? '-' : '--';
    return [`  ${dashes}${flagName(name)}${valueForm(option)}`, `${option.help}${defaultNote(option)}`];
  });
  if (rows.length === 0) return '';
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return [`${title}:`, ...rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`)].join('\n');
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
