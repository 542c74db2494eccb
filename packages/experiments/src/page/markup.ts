import { escapeHtml } from '@agentmmrec/core';

/** One element. Attribute values are escaped; `children` is markup already. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, children = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeHtml(String(value))}"`);
  return `<${name}${written.join('')}>${children}</${name}>`;
}
