import { basename } from 'node:path';
import { markdownText } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import type { DatasetParts } from '../dataset/datasetParts.js';
import { type DatasetStats, type Spread, textCharactersOf } from '../dataset/datasetStats.js';
import { findPublishedCounts } from '../dataset/publishedCounts.js';

/**
 * What a preparation found and did, as Markdown for people: counts beside published ones, splits, dropped rows by reason, text
 * lengths, missing images, remarks. Nothing in it comes from the content of the test split.
 */
export function preparationReport(stats: DatasetStats, parts: DatasetParts): string {
  const { report } = parts;
  return [
    `# ${markdownText(stats.name)}`,
    `Source: ${report.source
      .split(',')
      .map((path) => markdownText(basename(path)))
      .join(
        ', ',
      )}${report.read?.format ? `, read as ${report.read.format}` : ''}. Fingerprint of the training data: \`${stats.fingerprint}\`.`,
    '## Counts',
    countTable(stats, parts),
    '## Splits',
    table(
      ['split', 'interactions', 'share'],
      (['train', 'validation', 'test'] as const).map((part) => [
        part,
        String(stats.interactions[part]),
        `${((100 * stats.interactions[part]) / stats.interactions.total).toFixed(2)} %`,
      ]),
    ),
    `${report.coldUsers} users and ${report.coldItems} items have no training interactions.`,
    '## Dropped rows',
    (report.dropped ?? []).length === 0
      ? 'None.'
      : table(
          ['reason', 'rows'],
          (report.dropped ?? []).map(({ reason, rows }) => [reason, String(rows)]),
        ),
    '## Content',
    contentPart(stats, parts),
    '## Remarks',
    report.remarks.length === 0 ? 'None.' : report.remarks.map((remark) => `- ${markdownText(remark)}`).join('\n'),
    '',
  ].join('\n\n');
}

function countTable(stats: DatasetStats, { report }: DatasetParts): string {
  const published = findPublishedCounts(
    stats.name,
    basename(report.source),
    ...(report.read ? [report.read.name] : []),
  );
  const rows: string[][] = [];
  if (report.read) rows.push(row('as read', report.read));
  rows.push(row('prepared', { ...stats, interactions: stats.interactions.total }));
  if (!published) return `${table(countHeader, rows)}\n\nNo published counts are known for this data.`;
  rows.push(row(`published (${published.counted})`, published));
  const compared = published.counted === 'as read' ? report.read : { ...stats, interactions: stats.interactions.total };
  const same =
    compared !== undefined &&
    compared.users === published.users &&
    compared.items === published.items &&
    compared.interactions === published.interactions;
  const verdict = same ? 'The counts equal the published ones.' : 'The counts DIFFER from the published ones.';
  return `${table(countHeader, rows)}\n\n${verdict} Source of these: ${published.dataset}, ${published.source}.`;
}

const countHeader = ['', 'users', 'items', 'interactions'];

function row(
  name: string,
  counts: { readonly users: number; readonly items: number; readonly interactions: number },
): string[] {
  return [name, String(counts.users), String(counts.items), String(counts.interactions)];
}

function contentPart(stats: DatasetStats, parts: DatasetParts): string {
  const features = stats.features.map(
    ({ modality, width, synthetic }) => `- ${modality} features, ${width} wide${synthetic ? ', SYNTHETIC' : ''}`,
  );
  if (stats.content === null) return ['The items have no content.', ...features].join('\n');
  const { textCharacters, ...counts } = stats.content;
  const missing = stats.items - counts.images;
  const fetchable = (parts.imageUrls ?? []).filter(
    (url, item) => url !== null && (parts.content?.[item].imagePath ?? null) === null,
  ).length;
  return [
    table(
      ['items with', 'count', 'without'],
      Object.entries(counts).map(([part, count]) => [part, String(count), String(stats.items - count)]),
    ),
    '',
    `Text of an item: ${spreadText(textCharacters)} characters. ${emptyItems(parts.content ?? [])}`,
    `Missing images: ${missing}${fetchable > 0 ? `; the addresses of ${fetchable} of them are in image-urls.tsv` : ''}.`,
    ...features,
  ].join('\n');
}

function emptyItems(content: readonly ItemContent[]): string {
  const untold = content.filter((item) => textCharactersOf(item) === 0);
  const unseen = untold.filter(({ imagePath }) => imagePath === null).length;
  return `Items without any text: ${untold.length}, ${unseen} of them without an image too.`;
}

function spreadText({ min, median, mean, max }: Spread): string {
  return `${min} to ${max}, median ${median}, mean ${mean.toFixed(1)}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
