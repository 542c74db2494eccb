/** Text as it may stand in an element or a quoted attribute. */
export function escapeMarkup(text: string): string {
  const names: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
  return text.replace(/[&<>"']/g, (character) => `&${names[character]};`);
}

/** One element. Attribute values are escaped; `children` is markup already. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, children = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(String(value))}"`);
  return `<${name}${written.join('')}>${children}</${name}>`;
}
