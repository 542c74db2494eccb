import { type Lab, labDistance, toLab } from '../pixels/oklab.js';
import type { ColourName } from './imageDescription.js';

/** sRGB examples of each name, light and dark ones where people use the name for both. */
const examples: Record<ColourName, readonly (readonly [number, number, number])[]> = {
  black: [
    [10, 10, 12],
    [38, 36, 40],
  ],
  white: [
    [255, 255, 255],
    [238, 238, 234],
  ],
  grey: [
    [90, 90, 94],
    [135, 135, 138],
    [185, 185, 188],
  ],
  red: [
    [205, 28, 36],
    [140, 20, 28],
    [225, 70, 70],
  ],
  orange: [
    [240, 125, 20],
    [245, 160, 70],
    [215, 90, 20],
  ],
  yellow: [
    [250, 215, 30],
    [245, 230, 120],
    [215, 195, 30],
  ],
  green: [
    [45, 140, 55],
    [120, 190, 100],
    [20, 80, 35],
    [110, 130, 50],
  ],
  teal: [
    [15, 130, 135],
    [80, 190, 190],
    [10, 85, 90],
  ],
  blue: [
    [40, 95, 210],
    [110, 165, 230],
    [25, 60, 160],
  ],
  navy: [
    [18, 28, 80],
    [30, 35, 65],
  ],
  purple: [
    [120, 50, 160],
    [165, 120, 200],
    [75, 25, 105],
  ],
  pink: [
    [242, 128, 175],
    [245, 185, 205],
    [230, 70, 140],
  ],
  brown: [
    [120, 70, 35],
    [75, 45, 25],
    [155, 105, 65],
  ],
  beige: [
    [228, 208, 175],
    [205, 185, 150],
  ],
  gold: [
    [190, 150, 50],
    [165, 125, 40],
  ],
};

const prototypes = Object.entries(examples).flatMap(([name, colours]) =>
  colours.map(([red, green, blue]) => ({ name: name as ColourName, lab: toLab(red, green, blue) })),
);

/** The name whose examples come nearest. */
export function nameColour(lab: Lab): ColourName {
  let best = prototypes[0];
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const prototype of prototypes) {
    const distance = labDistance(lab, prototype.lab);
    if (distance < bestDistance) {
      best = prototype;
      bestDistance = distance;
    }
  }
  return best.name;
}
