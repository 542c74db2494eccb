/**
 * The two distribution functions that paired tests need, to about 1e-13 relative. Numerical methods: Lanczos approximation
 * of the gamma function, continued fractions by the modified Lentz method (Abramowitz and Stegun 6.1, 26.5.8, 6.5.31).
 */

/** P(|T| >= |t|) for Student's t with `degrees` > 0 degrees of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return Number.isNaN(t) ? Number.NaN : 0;
  const square = t * t;
  return incompleteBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5);
}

/** P(|Z| >= |z|) for a standard normal Z. */
export function normalTwoSided(z: number): number {
  const x = (z * z) / 2;
  if (x === 0) return 1;
  return x < 1.5 ? 1 - lowerGammaHalf(x) : upperGammaHalf(x);
}

/** Regularised incomplete beta function I_x(a, b), by its continued fraction. `y` = 1 - x, given apart to keep its digits. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  // The fraction converges quickly only below the mean; above it the symmetry I_x(a, b) = 1 - I_y(b, a) helps.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a);
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const front = Math.exp(a * Math.log(x) + b * Math.log(y) - logBeta - Math.log(a));
  const term = (n: number): number => {
    const m = n >> 1;
    if (n % 2 === 0) return (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    return (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  return front / lentz(term, () => 1);
}

/** Q(1/2, x), the upper incomplete gamma function, by its continued fraction; for x above 1. */
function upperGammaHalf(x: number): number {
  const a = 0.5;
  const fraction = lentz(
    (n) => n * (a - n),
    (n) => x + 2 * n + 1 - a,
  );
  return Math.exp(-x + a * Math.log(x)) / Math.sqrt(Math.PI) / fraction;
}

/** P(1/2, x), the lower incomplete gamma function, by its series; for small x. */
function lowerGammaHalf(x: number): number {
  let term = 2;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (n + 0.5);
    sum += term;
  }
  return (sum * Math.sqrt(x) * Math.exp(-x)) / Math.sqrt(Math.PI);
}

/** denominator(0) + numerator(1) / (denominator(1) + numerator(2) / (...)), modified Lentz. */
function lentz(numerator: (n: number) => number, denominator: (n: number) => number): number {
  const tiny = 1e-300;
  let value = denominator(0) || tiny;
  let c = value;
  let d = 0;
  for (let n = 1; n < 10_000; n++) {
    d = denominator(n) + numerator(n) * d || tiny;
    c = denominator(n) + numerator(n) / c || tiny;
    d = 1 / d;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

/** Coefficients of the Lanczos approximation with g = 7 and 9 terms. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** log Gamma(x) for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = lanczos[0];
  for (let i = 1; i < lanczos.length; i++) sum += lanczos[i] / (x - 1 + i);
  const base = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}
