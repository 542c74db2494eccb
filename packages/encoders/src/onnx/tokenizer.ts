import { readFileSync } from 'node:fs';
import { AmrError, fileError, libraryWhenUsed } from '@agentmmrec/core';
// The JavaScript tokenizers of those who publish the models: every common kind of tokenizer.json, and no further dependencies.
import type * as Tokenizers from '@huggingface/tokenizers';

const tokenizers = libraryWhenUsed<typeof Tokenizers>('@huggingface/tokenizers', import.meta.url);

/** Cuts texts into the pieces a model knows. */
export interface PieceTokenizer {
  /** Ids of a text's pieces with those that open and close it; pieces are left out at the end until all are `mostPieces`. */
  encode(text: string, mostPieces: number): number[];
}

/**
 * Reads the `tokenizer.json` of a sentence encoder: WordPiece as in MiniLM, byte pairs, unigrams.
 * @throws AmrError input: missing, not JSON, or a tokenizer that cannot be used
 */
export function readTokenizer(path: string): PieceTokenizer {
  const description = readDescription(path);
  try {
    const tokenizer = new (tokenizers().Tokenizer)(description, {});
    const piecesOf = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    const frame = frameOf(tokenizer.encode('a').ids, piecesOf('a'));
    return {
      encode(text, mostPieces) {
        const pieces = piecesOf(text).slice(0, mostPieces - frame.opening.length - frame.closing.length);
        return [...frame.opening, ...pieces, ...frame.closing];
      },
    };
  } catch (cause) {
    throw unusable(path, cause instanceof Error ? cause.message.split('\n')[0].slice(0, 200) : String(cause), cause);
  }
}

/** What stands around the pieces of every text. */
function frameOf(whole: readonly number[], pieces: readonly number[]) {
  const start = whole.findIndex((_, n) => pieces.every((piece, k) => whole[n + k] === piece));
  if (pieces.length === 0 || start < 0 || !whole.every(Number.isInteger)) throw new Error('no pieces for the letter a');
  return { opening: whole.slice(0, start), closing: whole.slice(start + pieces.length) };
}

function readDescription(path: string): object {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw unusable(path, 'no such file', cause);
    if (!(cause instanceof SyntaxError)) throw fileError(`reading ${path}`, cause);
  }
  throw unusable(path, 'a file that is not a JSON object');
}

function unusable(path: string, got: string, cause?: unknown): AmrError {
  return new AmrError({
    what: path,
    got,
    expected: 'the tokenizer.json of a sentence encoder',
    hint: 'name a folder with tokenizer.json and model.onnx, as that of all-MiniLM-L6-v2, or none for the built-in encoder',
    cause,
  });
}
