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
