/** A word and the share of pixels it stands for, 0 to 1. */
export interface NamedShare {
  readonly name: ColourName;
  readonly share: number;
}

/** The colours we name: the eleven basic terms of English (Berlin and Kay 1969) and four that shops use often. */
export const colourNames = [
  'black',
  'white',
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'navy',
  'purple',
  'pink',
  'brown',
  'beige',
  'gold',
] as const;
/** A colour that a picture can be said to have. */
export type ColourName = (typeof colourNames)[number];

/** How light a picture is. */
export type BrightnessWord = 'dark' | 'medium' | 'bright';
/** How far light and dark lie apart. */
export type ContrastWord = 'low-contrast' | 'medium-contrast' | 'high-contrast';
/** How much there is to see. */
export type DetailWord = 'smooth' | 'detailed' | 'busy';
/** Which way the edges run. */
export type OrientationWord = 'horizontal' | 'vertical' | 'diagonal' | 'mixed';
/** What the surface looks like. */
export type TextureWord = 'plain' | 'striped' | 'checked' | 'dotted' | 'textured';
/** How the subject is shaped. */
export type ProportionWord = 'tall' | 'wide' | 'square';

/**
 * What the pixels of an image say, measured and put into words. "Subject" is what differs from the image's border, which for
 * product photos is the product; where nothing does, the middle of the image.
 */
export interface ImageDescription {
  /** size of the file in pixels */
  readonly width: number;
  readonly height: number;
  /** colours of the whole image, largest share first, shares of at least 0.05 */
  readonly colours: readonly NamedShare[];
  /** colours of the subject alone, as shares of the subject */
  readonly subjectColours: readonly NamedShare[];
  /** the border's main colour */
  readonly background: ColourName;
  /** part of the image that is subject, 0 to 1 */
  readonly subjectShare: number;
  /** mean lightness of the subject, 0 black to 1 white */
  readonly brightness: number;
  readonly brightnessWord: BrightnessWord;
  /** standard deviation of the subject's lightness, 0 to 0.5 */
  readonly contrast: number;
  readonly contrastWord: ContrastWord;
  /** part of the subject's inner pixels that lie on an edge, 0 to 1 */
  readonly edgeDensity: number;
  readonly detailWord: DetailWord;
  /** direction in which the edges inside the subject run */
  readonly orientation: OrientationWord;
  /** pattern of the subject's surface */
  readonly texture: TextureWord;
  /** width to height of the subject's bounding box */
  readonly proportion: ProportionWord;
  /** the words above for term statistics, without repeats: subject colours of at least 0.15, pattern, brightness, proportion */
  readonly words: readonly string[];
}
