import type { KnowledgeParts } from '@agentmmrec/core';
import { AmrError } from '@agentmmrec/core';
import type { EntryKind, KnowledgeEntry, KnowledgeMemory } from './contract.js';

/** A run of words that both texts have, or only the newer (`added`) or only the older (`removed`). */
export interface DiffPiece {
  readonly change: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** What changed between two versions, by part; null where neither has the part. */
export type EntryDiff = Readonly<Record<keyof KnowledgeParts, readonly DiffPiece[] | null>>;

/**
 * Word by word difference of two versions of one entry.
 * @throws AmrError input when one of the versions does not exist
 */
export function diffVersions(
  memory: Pick<KnowledgeMemory, 'get' | 'history'>,
  { kind, entity }: Pick<KnowledgeEntry, 'kind' | 'entity'>,
  versions: { readonly older: number; readonly newer: number },
): EntryDiff {
  const [before, after] = [versions.older, versions.newer].map(
    (version) => requireVersion(memory, kind, entity, version).parts,
  );
  const part = (name: keyof KnowledgeParts): readonly DiffPiece[] | null =>
    before[name] === null && after[name] === null ? null : diffWords(before[name] ?? '', after[name] ?? '');
  return { text: part('text'), visual: part('visual'), crossModal: part('crossModal') };
}

function requireVersion(
  memory: Pick<KnowledgeMemory, 'get' | 'history'>,
  kind: EntryKind,
  entity: number,
  version: number,
): KnowledgeEntry {
  const entry = memory.get(kind, entity, version);
  if (entry) return entry;
  const known = memory.history(kind, entity).map((found) => found.version);
  throw new AmrError({
    what: `knowledge diff, ${kind} ${entity}`,
    got: `version ${version}`,
    expected: known.length > 0 ? `one of ${known.join(', ')}` : 'an entry: there is none',
    hint: 'list the versions: agentmmrec knowledge history',
  });
}

/** Difference by the longest common subsequence of words: removing `added` gives the older text back, and the reverse. */
export function diffWords(older: string, newer: string): DiffPiece[] {
  const a = words(older);
  const b = words(newer);
  // common[i][j]: longest common subsequence of a[i..] and b[j..]; entries are some hundred words, so the table is small.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const pieces: { change: DiffPiece['change']; words: string[] }[] = [];
  const add = (change: DiffPiece['change'], word: string) => {
    const last = pieces.at(-1);
    if (last?.change === change) last.words.push(word);
    else pieces.push({ change, words: [word] });
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i++]);
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) add('removed', a[i++]);
    else add('added', b[j++]);
  }
  return pieces.map((piece) => ({ change: piece.change, text: piece.words.join(' ') }));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
