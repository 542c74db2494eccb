#pragma once
// exp, log and their relatives, within a few units in the last place; NaN passes, limits are reached.
#include "simd/simd.h"

namespace amr::AMR_ISA {

// ln 2 in two parts: the first has few bits, so that a small integer times it is exact.
constexpr float ln2High = 0.693359375f;
constexpr float ln2Low = -2.12194440e-4f;

/** 2^n for integers n in [-126, 127]. */
AMR_INLINE Vec powerOfTwo(IntVec n) { return asFloat(shiftLeft<23>(n + splatInt(127))); }

/** e^x: x = n ln 2 + r with |r| <= ln 2 / 2, Taylor series of e^r (the next term is below 6e-9), times 2^n in two steps. */
AMR_INLINE Vec exponential(Vec x) {
  // The vector in second place comes out when it is NaN. Beyond these bounds the result is 0 or infinity anyway.
  x = minimum(splat(89.0f), maximum(splat(-104.0f), x));
  const IntVec n = roundToInt(x * splat(1.44269504f));
  const Vec whole = toFloat(n);
  const Vec r = fma(whole, splat(-ln2Low), fma(whole, splat(-ln2High), x));
  Vec p = splat(1.0f / 5040);
  p = fma(p, r, splat(1.0f / 720));
  p = fma(p, r, splat(1.0f / 120));
  p = fma(p, r, splat(1.0f / 24));
  p = fma(p, r, splat(1.0f / 6));
  p = fma(p, r, splat(0.5f));
  p = fma(p * r, r, r) + splat(1.0f);
  const IntVec half = shiftRight<1>(n);
  return p * powerOfTwo(half) * powerOfTwo(n - half);
}

/** ln x: x = 2^k m with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m + 1)) by its series. */
AMR_INLINE Vec logarithm(Vec x) {
  const Mask tiny = less(x, splat(1.17549435e-38f));
  const Vec scaled = select(tiny, x * splat(8388608.0f), x);  // 2^23 lifts subnormal numbers
  const IntVec root = splatInt(0x3f3504f3);                   // sqrt(1/2)
  const IntVec k = shiftRight<23>(asInt(scaled) - root);
  const Vec m = asFloat(asInt(scaled) - shiftLeft<23>(k));
  const Vec exponent = toFloat(k) - select(tiny, splat(23.0f), zero());
  const Vec f = m - splat(1.0f);
  const Vec s = f / (m + splat(1.0f));
  const Vec z = s * s;
  Vec p = splat(2.0f / 11);
  p = fma(p, z, splat(2.0f / 9));
  p = fma(p, z, splat(2.0f / 7));
  p = fma(p, z, splat(2.0f / 5));
  p = fma(p, z, splat(2.0f / 3));
  const Vec small = fma(p * z, s, s + s);
  const Vec result = fma(exponent, splat(ln2High), fma(exponent, splat(ln2Low), small));
  const Vec infinity = splat(__builtin_inff());
  const Vec positive = select(less(x, infinity), result, x);  // infinity and NaN stay themselves
  return select(lessEqual(x, zero()), select(equal(x, zero()), negate(infinity), splat(__builtin_nanf(""))), positive);
}

/** ln(1 + t) for t in [0, 1]: the rounding of 1 + t is put back. */
AMR_INLINE Vec logOnePlus(Vec t) {
  const Vec u = splat(1.0f) + t;
  return logarithm(u) + (t - (u - splat(1.0f))) / u;
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
AMR_INLINE Vec softplus(Vec x) { return maximum(zero(), x) + logOnePlus(exponential(negate(absolute(x)))); }

/** 1 / (1 + e^-x), from e^-|x| so that nothing overflows. */
AMR_INLINE Vec sigmoid(Vec x) {
  const Vec t = exponential(negate(absolute(x)));
  return select(less(x, zero()), t, splat(1.0f)) / (splat(1.0f) + t);
}

/** Series below 0.4, where 1 - e^-2|x| would cancel; else (1 - t) / (1 + t) with t = e^-2|x|. */
AMR_INLINE Vec hyperbolicTangent(Vec x) {
  const Vec z = x * x;
  Vec p = splat(21844.0f / 6081075);
  p = fma(p, z, splat(-1382.0f / 155925));
  p = fma(p, z, splat(62.0f / 2835));
  p = fma(p, z, splat(-17.0f / 315));
  p = fma(p, z, splat(2.0f / 15));
  p = fma(p, z, splat(-1.0f / 3));
  const Vec series = fma(p * z, x, x);
  const Vec t = exponential(absolute(x) * splat(-2.0f));
  const Vec large = (splat(1.0f) - t) / (splat(1.0f) + t);
  const Vec whole = select(less(x, zero()), negate(large), large);
  return select(less(absolute(x), splat(0.4f)), series, whole);
}

}  // namespace amr::AMR_ISA
