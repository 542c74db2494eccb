import { readFileSync } from 'node:fs';
import { AmrError, fileError } from '@agentmmrec/core';

/** Cuts texts into the pieces a BERT-class model knows. */
export interface WordPieceTokenizer {
  /** Ids of the pieces between `[CLS]` and `[SEP]`, at most `mostPieces` with both. */
  encode(text: string, mostPieces: number): number[];
}

interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknown: number;
  readonly prefix: string;
  readonly longestWord: number;
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}

/**
 * Reads `tokenizer.json` of a BERT-class model (WordPiece, BertNormalizer, BertPreTokenizer), the algorithm of Devlin et al. 2019
 * with greedy longest match (Schuster and Nakajima 2012).
 * @throws AmrError input: missing, not JSON, or another kind of tokenizer
 */
export function readWordPiece(path: string): WordPieceTokenizer {
  const { model, normalizer, preTokenizer, addedTokens } = readDescription(path);
  if (model.type !== 'WordPiece' || normalizer.type !== 'BertNormalizer' || preTokenizer !== 'BertPreTokenizer') {
    throw unusable(path, `${model.type}, ${normalizer.type}, ${preTokenizer}`);
  }
  const ids = new Map(Object.entries(model.vocab ?? {}));
  const id = (token: string) => {
    const found = ids.get(token);
    if (found === undefined) throw unusable(path, `no token ${token}`);
    return found;
  };
  const lowercase = normalizer.lowercase ?? true;
  const vocabulary: Vocabulary = {
    ids,
    unknown: id(model.unk_token ?? '[UNK]'),
    prefix: model.continuing_subword_prefix ?? '##',
    longestWord: model.max_input_chars_per_word ?? 100,
    lowercase,
    stripAccents: normalizer.strip_accents ?? lowercase,
  };
  const [start, end] = [id('[CLS]'), id('[SEP]')];
  const special = new Map(addedTokens.map((token) => [token.content, token.id]));
  return {
    encode: (text, mostPieces) => {
      const pieces = piecesOf(text, vocabulary, special);
      return [start, ...pieces.slice(0, mostPieces - 2), end];
    },
  };
}

interface Description {
  readonly model: {
    readonly type?: string;
    readonly vocab?: Record<string, number>;
    readonly unk_token?: string;
    readonly continuing_subword_prefix?: string;
    readonly max_input_chars_per_word?: number;
  };
  readonly normalizer: {
    readonly type?: string;
    readonly lowercase?: boolean;
    readonly strip_accents?: boolean | null;
  };
  readonly preTokenizer: string | undefined;
  readonly addedTokens: readonly { readonly content: string; readonly id: number }[];
}

function readDescription(path: string): Description {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8'));
    const { model = {}, normalizer, pre_tokenizer: preTokenizer, added_tokens: addedTokens } = value ?? {};
    return { model, normalizer: normalizer ?? {}, preTokenizer: preTokenizer?.type, addedTokens: addedTokens ?? [] };
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unusable(path, 'a file that is not JSON');
    throw fileError(`reading ${path}`, cause);
  }
}

function unusable(path: string, got: string): AmrError {
  return new AmrError({
    what: path,
    got,
    expected: 'the tokenizer.json of a BERT-class model: WordPiece, BertNormalizer, BertPreTokenizer',
    hint: 'take the folder of a sentence encoder such as all-MiniLM-L6-v2',
  });
}

/** Tokens added to the vocabulary are matched before the text is changed. */
function piecesOf(text: string, vocabulary: Vocabulary, special: ReadonlyMap<string, number>): number[] {
  const names = [...special.keys()].map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (names.length === 0) return wordsOf(text, vocabulary).flatMap((word) => cutWord(word, vocabulary));
  return text.split(new RegExp(`(${names.join('|')})`)).flatMap((part) => {
    const id = special.get(part);
    return id === undefined ? wordsOf(part, vocabulary).flatMap((word) => cutWord(word, vocabulary)) : [id];
  });
}

/** ASCII signs that Unicode does not all call punctuation count as such. */
const punctuation = /[!-/:-@[-`{-~\p{P}]/u;
const cjk =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function wordsOf(text: string, { lowercase, stripAccents }: Vocabulary): string[] {
  let clean = text
    .replace(/[\t\n\r]/g, ' ')
    .replace(/[\0\ufffd\p{Cc}\p{Cf}\p{Cn}\p{Co}]/gu, '')
    .replace(/\p{White_Space}/gu, ' ')
    .replace(cjk, ' $& ');
  if (stripAccents) clean = clean.normalize('NFD').replace(/\p{Mn}/gu, '');
  // Character by character: a final sigma is lowered like any other.
  if (lowercase) clean = Array.from(clean, (character) => character.toLowerCase()).join('');
  const words: string[] = [];
  for (const part of clean.split(/\s+/u)) {
    let word = '';
    for (const character of part) {
      if (!punctuation.test(character)) {
        word += character;
        continue;
      }
      if (word !== '') words.push(word);
      words.push(character);
      word = '';
    }
    if (word !== '') words.push(word);
  }
  return words;
}

/** The longest known piece from the left, again and again; a word that cannot be cut is unknown as a whole. */
function cutWord(word: string, { ids, unknown, prefix, longestWord }: Vocabulary): number[] {
  const characters = Array.from(word);
  if (characters.length > longestWord) return [unknown];
  const pieces: number[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    let found: number | undefined;
    for (; end > start; end--) {
      found = ids.get((start > 0 ? prefix : '') + characters.slice(start, end).join(''));
      if (found !== undefined) break;
    }
    if (found === undefined) return [unknown];
    pieces.push(found);
    start = end;
  }
  return pieces;
}
