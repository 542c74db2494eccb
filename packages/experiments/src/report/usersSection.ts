import { escapeHtml } from '@agentmmrec/core';
import type { ShownItem, ShownUser } from '../execution/shownUsers.js';
import { element } from '../page/markup.js';
import type { PageSection } from '../page/page.js';

/** Sample users: what they bought, what is known of them, and the head of their list before and after reranking. */
export function usersSection(users: readonly ShownUser[]): PageSection[] {
  if (users.length === 0) return [];
  return [
    {
      heading: 'Some users of the test',
      paragraphs: [
        `Users of ${users[0].row} whose first items changed, spread over all of them and not chosen by how well it went. A green frame marks an item of the test split.`,
      ],
      markup: users.map(userMarkup).join('\n'),
    },
  ];
}

function userMarkup({ id, preference, bought, before, after, risen }: ShownUser): string {
  const known = [
    ['Known from texts: ', preference.text],
    ['Known from pictures: ', preference.visual],
    ['Known from both: ', preference.crossModal],
  ].flatMap(([from, part]) => (part ? [element('p', {}, element('b', {}, `${from}`) + escapeHtml(part))] : []));
  const why =
    risen === null
      ? ''
      : paragraph(
          `From place ${risen.from + 1} to ${risen.to + 1}: ${risen.item.title}. Known of it: ${risen.property?.text ?? risen.property?.visual ?? 'nothing'}`,
        );
  return element(
    'article',
    { class: 'user' },
    element('h3', {}, `User ${escapeHtml(id)}`) +
      known.join('') +
      row('bought in training', bought) +
      row('before reranking', before) +
      row('after reranking', after) +
      why,
  );
}

function row(name: string, items: readonly (ShownItem & { readonly hit?: boolean })[]): string {
  const cards = items.map(({ title, picture, hit }) => {
    const image = picture === null ? '' : element('img', { src: picture, alt: '' });
    return element('li', hit ? { class: 'hit' } : {}, image + element('span', {}, escapeHtml(title)));
  });
  return element(
    'div',
    { class: 'items' },
    element('span', { class: 'caption' }, name) + element('ol', {}, cards.join('')),
  );
}

function paragraph(text: string): string {
  return element('p', {}, escapeHtml(text));
}
