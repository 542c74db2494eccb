export { describeImage } from './description/describeImage.js';
export type {
  BrightnessWord,
  ColourName,
  ContrastWord,
  DetailWord,
  ImageDescription,
  NamedShare,
  OrientationWord,
  ProportionWord,
  TextureWord,
} from './description/imageDescription.js';
export { type EncodedItems, encodeItems, type ItemEncoders, itemText } from './encodeItems.js';
export { encodeKnowledge, type KnowledgeEncoding, knowledgeEncodings } from './encodeKnowledge.js';
export type { FailedImage, ImageEncoder, TextEncoder } from './encoder.js';
export {
  builtInEncoders,
  chooseEncoders,
  type EncoderChoice,
  encoderOptions,
  encodersDigest,
  openEncoders,
  usesModels,
} from './encoderChoice.js';
export { readMatrix, writeMatrix } from './matrixFile.js';
export { onnxImageEncoder } from './onnx/onnxImageEncoder.js';
export { type OnnxSettings, onnxRuntimeInstall, onnxRuntimeVersion } from './onnx/onnxSession.js';
export { onnxTextEncoder } from './onnx/onnxTextEncoder.js';
export { pixelImageEncoder } from './pixels/pixelImageEncoder.js';
export { type Resuming, resumableImages, resumableText } from './resumable.js';
export { type HashingTextOptions, hashingTextEncoder } from './text/hashingTextEncoder.js';
