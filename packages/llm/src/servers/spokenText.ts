/** Where models put what they say: the answer itself, arguments of a tool they were not asked to call, or their reasoning. */
interface AnswerChannels {
  readonly text: string;
  readonly called: string;
  readonly thought: string;
  readonly finish: 'stop' | 'length';
}

/** The answer among what was said. Reasoning counts where it holds JSON and ended by itself, and nothing else was said. */
export function spokenText({ text, called, thought, finish }: AnswerChannels): { text: string; thoughtOnly?: true } {
  if (text.trim() !== '') return { text };
  if (called !== '') return { text: called };
  // Where reasoning is kept from the caller nothing but the limit tells of it.
  if (thought.trim() === '') return finish === 'length' && text === '' ? { text, thoughtOnly: true } : { text };
  if (finish === 'stop' && /\{[\s\S]*\}/.test(thought)) return { text: thought };
  return { text: '', thoughtOnly: true };
}

/** A message's content: a text, a list of parts with texts in them, an object that was parsed already, or nothing. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return typeof content === 'object' && content !== null ? JSON.stringify(content) : '';
  return content.map((part) => (typeof part === 'string' ? part : textOf(fieldOf(part, 'text')))).join('');
}

/** A number of tokens as told, or null where it cannot be one. */
export function countOf(told: unknown): number | null {
  return typeof told === 'number' && Number.isFinite(told) && told >= 0 && told < 1e9 ? Math.ceil(told) : null;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
