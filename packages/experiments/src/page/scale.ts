/** A linear map from values to pixels, with round tick values inside the domain. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
  format(tick: number): string;
}

/**
 * A scale over [low, high] widened to round ticks.
 * @param wanted about how many ticks
 */
export function linearScale(low: number, high: number, from: number, to: number, wanted: number): Scale {
  const spread = high > low ? high - low : Math.max(Math.abs(low), 1) * 0.1;
  const step = roundStep(spread / wanted);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(Math.max(high, low + spread) / step) * step;
  const count = Math.round((last - first) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => first + i * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const scale = (value: number): number => from + ((value - first) / (last - first)) * (to - from);
  return Object.assign(scale, {
    ticks,
    format: (tick: number) => (Math.abs(tick) < step / 2 ? 0 : tick).toFixed(decimals),
  });
}

/** A scale in the logarithm over [low, high] over zero, widened to powers of ten, with a tick at each. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const scale = (value: number): number => from + ((Math.log10(value) - first) / (last - first)) * (to - from);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
  return Object.assign(scale, { ticks, format: (tick: number) => String(Number(tick.toPrecision(3))) });
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
