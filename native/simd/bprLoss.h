#pragma once
// What bpr and bprStep share: margins, and the loss and its slope from them.
#include "simd/functions.h"
#include "simd/reduce.h"

namespace amr::AMR_ISA {

/** Rows a thread takes at once; their scores stand on the stack between the two passes. */
constexpr std::int64_t rowsAtOnce = 64;

/** dot(user, positive - negative) over d columns. */
AMR_INLINE float margin(const float* user, const float* positive, const float* negative, std::int64_t d) {
  Vec even = zero(), odd = zero();
  std::int64_t c = 0;
  for (; c + 2 * lanes <= d; c += 2 * lanes) {
    even = fma(load(user + c), load(positive + c) - load(negative + c), even);
    odd = fma(load(user + c + lanes), load(positive + c + lanes) - load(negative + c + lanes), odd);
  }
  forLanes(c, d, [&](std::int64_t i, int n) {
    even = fma(loadN(user + i, n), loadN(positive + i, n) - loadN(negative + i, n), even);
  });
  return sumLanes(even + odd);
}

/** In place: margins become -sigmoid(-margin); returns the sum of softplus(-margin) in float64. */
AMR_INLINE double lossAndSlopes(float* margins, std::int64_t count) {
  DoubleVec total = zeroDouble();
  forLanes(0, count, [&](std::int64_t i, int n) {
    const Vec x = negate(loadN(margins + i, n));
    float losses[lanes];
    store(losses, softplus(x));
    // Lanes beyond the end hold softplus(0), which must not count.
    total = addWide(total, loadN(losses, n));
    storeN(margins + i, negate(sigmoid(x)), n);
  });
  return sumDouble(total);
}

/** The squared length of a row, in float64. */
AMR_INLINE double squaredLength(const float* row, std::int64_t d) {
  DoubleVec total = zeroDouble();
  forLanes(0, d, [&](std::int64_t i, int n) { total = fmaWide(loadN(row + i, n), loadN(row + i, n), total); });
  return sumDouble(total);
}

}  // namespace amr::AMR_ISA
