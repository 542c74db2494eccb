/** How a Gaussian diffusion goes, by its steps from 0. */
export interface DiffusionSchedule {
  readonly steps: number;
  /** x_t = signal * x_0 + noise * e with standard normal e */
  readonly signal: Float64Array;
  readonly noise: Float64Array;
  /** of the squared error in the bound: the drop of signal^2 / noise^2 since the step before; 1 in step 0 */
  readonly weight: Float64Array;
  /** the mean of x_t-1 is start * (what x_0 is taken for) + current * x_t */
  readonly start: Float64Array;
  readonly current: Float64Array;
}

/**
 * The schedule of Wang et al. 2023, "Diffusion recommender model", eq. 3, 7 and 12, which DiffMM keeps: 1 - alpha_bar goes linearly from
 * scale * least to scale * most, but for a first step of 1e-4.
 */
export function diffusionSchedule(call: {
  readonly steps: number;
  readonly scale: number;
  readonly least: number;
  readonly most: number;
}): DiffusionSchedule {
  const { steps, scale, least, most } = call;
  const share = (t: number) => scale * (steps === 1 ? least : least + ((most - least) * t) / (steps - 1));
  const make = () => new Float64Array(steps);
  const made = { signal: make(), noise: make(), weight: make(), start: make(), current: make() };
  let before = 1; // alpha_bar of the step before
  for (let t = 0; t < steps; t++) {
    const beta = t === 0 ? 1e-4 : Math.min(1 - (1 - share(t)) / (1 - share(t - 1)), 0.999);
    const now = before * (1 - beta);
    made.signal[t] = Math.sqrt(now);
    made.noise[t] = Math.sqrt(1 - now);
    made.weight[t] = t === 0 ? 1 : before / (1 - before) - now / (1 - now);
    made.start[t] = (beta * Math.sqrt(before)) / (1 - now);
    made.current[t] = ((1 - before) * Math.sqrt(1 - beta)) / (1 - now);
    before = now;
  }
  return { steps, ...made };
}
