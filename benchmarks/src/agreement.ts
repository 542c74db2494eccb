/** How far two outputs agree. Ids: the share that is equal. Values: the largest difference over the largest magnitude. */
export function describeAgreement(ours: Float32Array | Int32Array, theirs: Float32Array | Int32Array): string {
  if (ours.length !== theirs.length) return `DIFFERENT SIZES: ${ours.length} and ${theirs.length}`;
  if (ours instanceof Int32Array) {
    let equal = 0;
    for (let i = 0; i < ours.length; i++) if (ours[i] === theirs[i]) equal++;
    return `${((100 * equal) / ours.length).toFixed(3)} % of ids equal`;
  }
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    magnitude = Math.max(magnitude, Math.abs(theirs[i]));
  }
  return `largest difference ${(difference / Math.max(magnitude, 1e-30)).toExponential(1)} of the largest value`;
}
