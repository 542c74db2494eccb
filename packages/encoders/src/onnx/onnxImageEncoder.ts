import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AmrError, digest, matrix, matrixRow } from '@agentmmrec/core';
import type { FailedImage, ImageEncoder } from '../encoder.js';
import { fillWithMean } from '../fillWithMean.js';
import { floatsOf, type OnnxModel, type OnnxSettings, openOnnx, toUnit } from './onnxSession.js';
import { type Preprocessing, preprocessImage, readPreprocessing } from './preprocessImage.js';

/** Raised when equal images get other vectors from the same model. */
const version = 2;

/**
 * An image encoder (CNN or CLIP class) from an ONNX file with `preprocessor_config.json` beside it or one folder up. Output
 * `image_embeds` or `pooler_output` where there is one, else the first; unit rows.
 * @throws AmrError input: files that are missing or of another kind
 */
export async function onnxImageEncoder(file: string, settings: OnnxSettings = {}): Promise<ImageEncoder> {
  const candidates = [dirname(file), dirname(dirname(file))].map((folder) => join(folder, 'preprocessor_config.json'));
  const described = candidates.find(existsSync) ?? candidates[0];
  const preprocessing = readPreprocessing(described);
  const model = await openOnnx(file, settings);
  const { height, width: imageWidth } = preprocessing;
  const probe = await embed(model, [new Float32Array(3 * height * imageWidth)], preprocessing, file);
  const width = probe.length;
  const batch = model.inputs[0].shape[0] ?? settings.batch ?? 8;
  return {
    id: basename(dirname(resolve(described))),
    digest: digest({
      encoder: 'onnx image',
      version,
      model: model.digest,
      preprocessing,
      provider: settings.provider ?? 'cpu',
    }),
    width,
    async encode(paths, signal) {
      const rows = matrix(paths.length, width);
      const failed: FailedImage[] = [];
      for (let start = 0; start < paths.length; start += batch) {
        signal?.throwIfAborted();
        const decoded = await Promise.all(paths.slice(start, start + batch).map((path) => decode(path, preprocessing)));
        const places: number[] = [];
        const pixels: Float32Array[] = [];
        decoded.forEach((result, n) => {
          if (typeof result === 'string') failed.push({ index: start + n, reason: result });
          else {
            places.push(start + n);
            pixels.push(result);
          }
        });
        if (pixels.length === 0) continue;
        const found = await embed(model, pixels, preprocessing, file);
        places.forEach((place, n) => {
          const row = matrixRow(rows, place);
          row.set(found.subarray(n * width, (n + 1) * width));
          toUnit(row);
        });
      }
      fillWithMean(
        rows,
        failed.map(({ index }) => index),
      );
      return { matrix: rows, failed };
    },
  };
}

async function decode(path: string, preprocessing: Preprocessing): Promise<Float32Array | string> {
  try {
    return await preprocessImage(path, preprocessing);
  } catch (cause) {
    if (cause instanceof AmrError) return cause.message;
    throw cause;
  }
}

/** The export of a whole CLIP asks for texts too. */
function wholeModel(what: string, inputNames: readonly string[]): AmrError {
  return new AmrError({
    what,
    got: `a model with the inputs ${inputNames.join(', ')}`,
    expected: 'one input, the pixels',
    hint: 'export the image part alone (vision_model.onnx of a CLIP repository, or CLIPVisionModelWithProjection)',
  });
}

/** [images * width]; where the model fixes how many images it takes, the first stands in for those that are not there. */
async function embed(
  model: OnnxModel,
  images: readonly Float32Array[],
  preprocessing: Preprocessing,
  what: string,
): Promise<Float32Array> {
  const { height, width } = preprocessing;
  const names = model.inputs.map(({ name }) => name);
  const input = model.inputs.length === 1 ? names[0] : 'pixel_values';
  if (names.some((name) => name !== input)) throw wholeModel(what, names);
  const taken = model.inputs[0].shape[0] ?? images.length;
  const data = new Float32Array(taken * 3 * height * width);
  for (let n = 0; n < taken; n++) {
    const image = images[n] ?? images[0];
    data.set(image, n * image.length);
  }
  checkSize(model, preprocessing, what);
  const outputs = await model.run({ [input]: { data, dims: [taken, 3, height, width] } });
  const named = [outputs.image_embeds, outputs.pooler_output].find((output) => output !== undefined);
  const candidates = named ? [named] : model.outputNames.map((name) => outputs[name]);
  const output = candidates.find(({ dims }) => isVectors(dims, taken));
  if (output) return floatsOf(output, what).subarray(0, images.length * output.dims[1]);
  throw new AmrError({
    what,
    got: `the output${candidates.length > 1 ? 's' : ''} ${candidates.map(({ dims }) => `[${dims.join(', ')}]`).join(' and ')}`,
    expected: 'one vector an image, [images, width]',
    hint: 'export the model with its pooling: one vector a patch or a place is not what an item has',
  });
}

/** [images, width], also with sizes of 1 behind, as a pooled map of a CNN has them. */
function isVectors(dims: readonly number[], images: number): boolean {
  return dims[0] === images && dims.length >= 2 && dims.slice(2).every((size) => size === 1);
}

/** @throws AmrError input: a model of another picture size, or of colours behind the places */
function checkSize({ inputs }: OnnxModel, { height, width }: Preprocessing, what: string): void {
  const [, ...asked] = inputs[0].shape;
  const given = [3, height, width];
  if (asked.every((size, n) => size === null || size === given[n])) return;
  const isLast = asked[2] === 3 && asked[0] !== 3;
  throw new AmrError({
    what,
    got: `an input of pictures [${asked.map((size) => size ?? 'any').join(', ')}]`,
    expected: `[${given.join(', ')}]: colours, height and width as preprocessor_config.json says`,
    hint: isLast
      ? 'export the model with its colours first (NCHW)'
      : 'lay the preprocessor_config.json beside it that belongs to this model',
  });
}
