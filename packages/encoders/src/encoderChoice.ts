import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digest, type OptionValues, text } from '@agentmmrec/core';
import type { ItemEncoders } from './encodeItems.js';
import { onnxImageEncoder } from './onnx/onnxImageEncoder.js';
import type { OnnxSettings } from './onnx/onnxSession.js';
import { onnxTextEncoder } from './onnx/onnxTextEncoder.js';
import { pixelImageEncoder } from './pixels/pixelImageEncoder.js';
import { hashingTextEncoder } from './text/hashingTextEncoder.js';

/** Which encoders turn texts, knowledge and pictures into vectors. */
export const encoderOptions = {
  textModel: text(
    'auto',
    'sentence encoder of texts and knowledge: a folder, the name of one in models/ of the workspace, or hashing; auto = the one that lies there, else hashing',
  ),
  imageModel: text(
    'auto',
    'image encoder: an ONNX file or its folder, the name of one in models/ of the workspace, or pixels; auto = the one that lies there, else pixels',
  ),
} as const;

/** What is used: `hashing` and `pixels`, or where a model lies. */
export type EncoderChoice = OptionValues<typeof encoderOptions>;

/** The encoders that need no model. */
export const builtInEncoders: EncoderChoice = { textModel: 'hashing', imageModel: 'pixels' };

/** Whether anything but hashing and pixels encodes. */
export function usesModels({ textModel, imageModel }: EncoderChoice): boolean {
  return textModel !== builtInEncoders.textModel || imageModel !== builtInEncoders.imageModel;
}

const textFiles = ['model.onnx', join('onnx', 'model.onnx')];
const imageFiles = ['model.onnx', join('onnx', 'model.onnx'), 'vision_model.onnx', join('onnx', 'vision_model.onnx')];

/**
 * What the options mean in a workspace: `auto` is the first model by name in its `models` folder, or the encoder that needs none; a name
 * that is no path is looked up there. Nothing is opened.
 */
export function chooseEncoders({ textModel, imageModel }: EncoderChoice, workspace: string): EncoderChoice {
  const folder = join(workspace, 'models');
  const named = (given: string) => (existsSync(given) ? given : join(folder, given));
  const placed = (given: string) => (existsSync(named(given)) ? resolve(named(given)) : given);
  const lying = existsSync(folder) ? readdirSync(folder).sort() : [];
  const first = (holds: (path: string) => boolean) => lying.map((name) => resolve(folder, name)).find(holds);
  return {
    textModel: textModel === 'auto' ? (first(isTextModel) ?? builtInEncoders.textModel) : placed(textModel),
    imageModel: imageModel === 'auto' ? (first(isImageModel) ?? builtInEncoders.imageModel) : placed(imageModel),
  };
}

/**
 * Opens what `chooseEncoders` found.
 * @throws AmrError input: no such model, one that cannot be run, or no ONNX runtime
 */
export async function openEncoders(choice: EncoderChoice, settings: OnnxSettings = {}): Promise<ItemEncoders> {
  const { textModel, imageModel } = choice;
  return {
    text: textModel === builtInEncoders.textModel ? hashingTextEncoder() : await onnxTextEncoder(textModel, settings),
    image:
      imageModel === builtInEncoders.imageModel
        ? pixelImageEncoder()
        : await onnxImageEncoder(imageFileOf(imageModel), settings),
  };
}

/** One digest of all that decides the vectors of both. */
export function encodersDigest({ text: ofTexts, image }: ItemEncoders): string {
  return digest({ text: ofTexts.digest, image: image.digest });
}

function isTextModel(path: string): boolean {
  // A folder with both is a model of texts and images together, whose text part alone is no sentence encoder.
  return holds(path, 'tokenizer.json') && !holds(path, preprocessor) && textFiles.some((file) => holds(path, file));
}

function isImageModel(path: string): boolean {
  return holds(path, preprocessor) && imageFiles.some((file) => holds(path, file));
}

const preprocessor = 'preprocessor_config.json';

function holds(folder: string, file: string): boolean {
  return existsSync(join(folder, file));
}

/** The image part of a model that has several goes before the whole. */
function imageFileOf(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const found = imageFiles.toReversed().find((file) => holds(path, file));
  return join(path, found ?? imageFiles[0]);
}
