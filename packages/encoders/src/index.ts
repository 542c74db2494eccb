export { describeImage } from './describeImage.js';
export { type EncodedItems, encodeItems, type ItemEncoders, itemText } from './encodeItems.js';
export { encodeKnowledge, type KnowledgeEncoding, knowledgeEncodings } from './encodeKnowledge.js';
export type { FailedImage, ImageEncoder, TextEncoder } from './encoder.js';
export { type HashingTextOptions, hashingTextEncoder, wordsOf } from './hashingTextEncoder.js';
export {
  type BrightnessWord,
  type ColourName,
  type ContrastWord,
  colourNames,
  type DetailWord,
  type ImageDescription,
  type NamedShare,
  type OrientationWord,
  type ProportionWord,
  type TextureWord,
} from './imageDescription.js';
export { onnxImageEncoder } from './onnxImageEncoder.js';
export { type OnnxSettings, onnxRuntimeVersion } from './onnxSession.js';
export { onnxTextEncoder } from './onnxTextEncoder.js';
export { pixelImageEncoder } from './pixelImageEncoder.js';
export { type Resuming, resumableImages, resumableText } from './resumable.js';
