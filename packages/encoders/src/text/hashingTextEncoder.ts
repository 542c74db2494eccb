import { Breather, digest, matrix, matrixRow } from '@agentmmrec/core';
import type { TextEncoder } from '../encoder.js';

/** Raised when equal texts get other vectors. */
const version = 1;
const shortestPiece = 3;
const longestPiece = 5;

/** How wide the vectors are. */
export interface HashingTextOptions {
  /** default 384, the width of the sentence encoder it stands in for */
  readonly width?: number;
}

/**
 * Texts as hashed bags of words, word pairs and pieces of words (Weinberger et al. 2009, "Feature hashing for large scale
 * multitask learning": an index and a sign from each feature's hash). Counts enter as 1 + ln(count); pieces of 3 to 5
 * characters let inflections and misspellings meet. Needs no model, no vocabulary and no corpus: a text has one vector,
 * whatever it stands with.
 */
export function hashingTextEncoder(options: HashingTextOptions = {}): TextEncoder {
  const width = options.width ?? 384;
  return {
    id: 'hashing',
    digest: digest({ encoder: 'hashing text', version, width }),
    width,
    async encode(texts, signal) {
      const rows = matrix(texts.length, width);
      const known = new Map<string, number>();
      const breather = new Breather();
      for (const [row, text] of texts.entries()) {
        await breather.breathe();
        signal?.throwIfAborted();
        const before = known.get(text);
        if (before === undefined) encodeText(text, matrixRow(rows, row));
        else matrixRow(rows, row).set(matrixRow(rows, before));
        known.set(text, before ?? row);
      }
      return rows;
    },
  };
}

/** Words as letters and digits that stand together, in lower case; letters that look equal are equal (NFKC). */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

function encodeText(text: string, row: Float32Array): void {
  const sums = new Float64Array(row.length);
  for (const [feature, weight] of countFeatures(wordsOf(text))) {
    const hash = hashText(feature);
    const at = Math.floor(((hash >>> 1) / 2 ** 31) * row.length);
    sums[at] += hash & 1 ? weight : -weight;
  }
  let norm = 0;
  for (const value of sums) norm += value * value;
  if (norm === 0) return;
  const scale = 1 / Math.sqrt(norm);
  for (let n = 0; n < row.length; n++) row[n] = sums[n] * scale;
}

/** Features and weights. A word's pieces weigh as much together as half the word, however long it is. */
function countFeatures(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const features = new Map<string, number>();
  const add = (feature: string, weight: number) => features.set(feature, (features.get(feature) ?? 0) + weight);
  for (const [word, count] of counts) {
    const weight = 1 + Math.log(count);
    add(`w ${word}`, weight);
    const pieces = piecesOf(word);
    for (const piece of pieces) add(`p ${piece}`, (0.5 * weight) / Math.sqrt(pieces.length));
  }
  const pairs = new Map<string, number>();
  for (let n = 1; n < words.length; n++) {
    const pair = `${words[n - 1]} ${words[n]}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  for (const [pair, count] of pairs) add(`2 ${pair}`, 0.3 * (1 + Math.log(count)));
  return features;
}

/** Pieces of the word between its bounds `<` and `>`. */
function piecesOf(word: string): string[] {
  const characters = Array.from(`<${word}>`);
  const pieces: string[] = [];
  for (let length = shortestPiece; length <= longestPiece; length++) {
    for (let start = 0; start + length <= characters.length; start++) {
      pieces.push(characters.slice(start, start + length).join(''));
    }
  }
  return pieces;
}

/** 32-bit FNV-1a over UTF-16 units with the finaliser of MurmurHash3, whose bits are all well mixed. Unsigned. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}
