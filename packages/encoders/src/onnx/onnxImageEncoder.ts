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
    async encode(paths) {
      const rows = matrix(paths.length, width);
      const failed: FailedImage[] = [];
      for (let start = 0; start < paths.length; start += batch) {
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
  { height, width }: Preprocessing,
  what: string,
): Promise<Float32Array> {
  const names = model.inputs.map(({ name }) => name);
  const input = model.inputs.length === 1 ? names[0] : 'pixel_values';
  if (names.some((name) => name !== input)) throw wholeModel(what, names);
  const taken = model.inputs[0].shape[0] ?? images.length;
  const data = new Float32Array(taken * 3 * height * width);
  for (let n = 0; n < taken; n++) {
    const image = images[n] ?? images[0];
    data.set(image, n * image.length);
  }
  const outputs = await model.run({ [input]: { data, dims: [taken, 3, height, width] } });
  const output = outputs.image_embeds ?? outputs.pooler_output ?? outputs[model.outputNames[0]];
  const inner = output.dims.slice(2);
  if (output.dims[0] === taken && output.dims.length >= 2 && inner.every((size) => size === 1)) {
    return floatsOf(output, what).subarray(0, images.length * output.dims[1]);
  }
  throw new AmrError({
    what,
    got: `an output [${output.dims.join(', ')}]`,
    expected: 'one vector an image, [images, width]',
    hint: 'export the model with its pooling',
  });
}
