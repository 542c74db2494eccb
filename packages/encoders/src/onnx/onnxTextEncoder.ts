import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AmrError, digest, matrix, matrixRow } from '@agentmmrec/core';
import type { TextEncoder } from '../encoder.js';
import { floatsOf, type OnnxModel, type OnnxSettings, openOnnx, toUnit } from './onnxSession.js';
import { readTokenizer } from './tokenizer.js';

/** Raised when equal texts get other vectors from the same model. */
const version = 2;
/** The default of the Python library for all-MiniLM-L6-v2; some ports use 512 and get other vectors. */
const mostPieces = 256;

/**
 * A sentence encoder of the MiniLM class from a folder with `tokenizer.json` and `model.onnx` (or `onnx/model.onnx`): the last
 * hidden state averaged over the mask, unit length, at most 256 word pieces (Reimers and Gurevych 2019, mean pooling). Texts
 * of equal length share a batch, so none is padded and a vector does not depend on its neighbours.
 * @throws AmrError input: files that are missing or of another kind
 */
export async function onnxTextEncoder(folder: string, settings: OnnxSettings = {}): Promise<TextEncoder> {
  const tokenizerPath = join(folder, 'tokenizer.json');
  const tokenizer = readTokenizer(tokenizerPath);
  const paths = ['model.onnx', join('onnx', 'model.onnx')].map((name) => join(folder, name));
  const model = await openOnnx(paths.find(existsSync) ?? paths[0], settings);
  // A model of a fixed length takes shorter texts with a mask; one of a fixed batch takes that many.
  const length = fixedSize(model, 1);
  const most = Math.min(mostPieces, length ?? mostPieces);
  const probe = await hiddenStates(model, [tokenizer.encode('a', most)], folder);
  const { width } = probe;
  const batch = fixedSize(model, 0) ?? settings.batch ?? 32;
  return {
    id: basename(resolve(folder)),
    digest: digest({
      encoder: 'onnx text',
      version,
      mostPieces,
      model: model.digest,
      tokenizer: digest(readFileSync(tokenizerPath)),
      provider: settings.provider ?? 'cpu',
    }),
    width,
    async encode(texts, signal) {
      const rows = matrix(texts.length, width);
      for (const { ids, places } of batchesOf(texts, (text) => tokenizer.encode(text, most), batch)) {
        signal?.throwIfAborted();
        const hidden = await hiddenStates(model, ids, folder);
        ids.forEach((own, n) => {
          const mean = meanOf(hidden.data, n * hidden.pieces, own.length, width);
          for (const place of places[n]) matrixRow(rows, place).set(mean);
        });
      }
      return rows;
    },
  };
}

/** Distinct texts with words, grouped by length; an empty text keeps its zero row. */
function batchesOf(texts: readonly string[], encode: (text: string) => number[], batch: number) {
  const placesOf = new Map<string, number[]>();
  texts.forEach((text, place) => {
    if (text.trim() === '') return;
    const places = placesOf.get(text);
    if (places) places.push(place);
    else placesOf.set(text, [place]);
  });
  const encoded = Array.from(placesOf, ([text, places]) => ({ ids: encode(text), places }));
  encoded.sort((a, b) => a.ids.length - b.ids.length);
  const batches: { ids: number[][]; places: number[][] }[] = [];
  for (const { ids, places } of encoded) {
    const last = batches.at(-1);
    if (last && last.ids.length < batch && last.ids[0].length === ids.length) {
      last.ids.push(ids);
      last.places.push(places);
    } else batches.push({ ids: [ids], places: [places] });
  }
  return batches;
}

/** The size that all inputs fix in a dimension, or null. */
function fixedSize({ inputs }: OnnxModel, dimension: number): number | null {
  return inputs.map(({ shape }) => shape[dimension] ?? null).find((size) => size !== null) ?? null;
}

/** [texts, pieces, width] of texts of equal length; where the model fixes more, the rest is masked. */
async function hiddenStates(model: OnnxModel, ids: readonly number[][], what: string) {
  const dims = [fixedSize(model, 0) ?? ids.length, fixedSize(model, 1) ?? ids[0].length];
  const pad = (row: readonly number[]) => [...row, ...new Array<number>(dims[1] - row.length).fill(0)];
  const rows = Array.from({ length: dims[0] }, (_, n) => ids[n] ?? ids[0]);
  const inputs: Record<string, readonly number[]> = {
    input_ids: rows.flatMap(pad),
    attention_mask: rows.flatMap((row) => pad(row.map(() => 1))),
    token_type_ids: rows.flatMap((row) => pad(row.map(() => 0))),
  };
  const feeds = Object.fromEntries(
    model.inputs.map(({ name }) => {
      if (!Object.hasOwn(inputs, name)) throw notText(what, `an input "${name}"`);
      return [name, { data: inputs[name], dims }];
    }),
  );
  const outputs = await model.run(feeds);
  const hidden = outputs.last_hidden_state ?? outputs.token_embeddings ?? outputs[model.outputNames[0]];
  if (hidden.dims.length !== 3 || hidden.dims[1] !== dims[1])
    throw notText(what, `an output [${hidden.dims.join(', ')}]`);
  return { data: floatsOf(hidden, what), pieces: dims[1], width: hidden.dims[2] };
}

function meanOf(data: Float32Array, firstPiece: number, pieces: number, width: number): Float32Array {
  const mean = new Float32Array(width);
  for (let col = 0; col < width; col++) {
    let sum = 0;
    for (let piece = 0; piece < pieces; piece++) sum += data[(firstPiece + piece) * width + col];
    mean[col] = sum / pieces;
  }
  toUnit(mean);
  return mean;
}

function notText(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'a model from input_ids and attention_mask to last_hidden_state [texts, pieces, width]',
    hint: 'export the encoder without its pooling',
  });
}
