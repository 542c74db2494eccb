#include "kernels/softmaxRows.h"

#include "simd/functions.h"
#include "simd/rowSums.h"

namespace amr::AMR_ISA {
namespace {

/** A vector of n <= lanes elements, the rest minus infinity: neither the largest nor in the sum. */
AMR_INLINE Vec loadOrNothing(const float* p, int n) {
  if (n == lanes) return load(p);
  float room[lanes];
  for (int i = 0; i < lanes; ++i) room[i] = i < n ? p[i] : -__builtin_inff();
  return load(room);
}

/** The row's largest element, 0 where that is minus infinity; what NaN does to it does not matter. */
AMR_INLINE float shiftOf(const float* x, std::int64_t d) {
  Vec largest = splat(-__builtin_inff());
  forLanes(0, d, [&](std::int64_t c, int n) { largest = maximum(largest, loadOrNothing(x + c, n)); });
  const float shift = maximumLane(largest);
  return shift > -__builtin_inff() ? shift : 0.0f;
}

}  // namespace

void softmaxRows(const SoftmaxRows& s, const Workers& workers) {
  forRanges(workers, s.n, rowsAtOnceFor(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* x = s.x + row * s.d;
      float* out = s.out + row * s.d;
      const float shift = shiftOf(x, s.d);
      DoubleVec sums = zeroDouble();
      forLanes(0, s.d, [&](std::int64_t c, int n) {
        const Vec term = exponential(loadOrNothing(x + c, n) - splat(shift));
        storeN(out + c, term, n);
        sums = addWide(sums, term);
      });
      const double sum = sumDouble(sums);
      s.logSumExp[row] = static_cast<float>(static_cast<double>(shift) + __builtin_log(sum));
      const Vec inverse = splat(static_cast<float>(1.0 / sum));
      forLanes(0, s.d, [&](std::int64_t c, int n) { storeN(out + c, loadN(out + c, n) * inverse, n); });
    }
  });
}

void softmaxRowsBackward(const SoftmaxRowsBackward& s, const Workers& workers) {
  forRanges(workers, s.n, rowsAtOnceFor(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* out = s.out + row * s.d;
      const float* dOut = s.dOut + row * s.d;
      float* dx = s.dx + row * s.d;
      const Vec mean = splat(static_cast<float>(dotRows(out, dOut, s.d)));
      forLanes(0, s.d, [&](std::int64_t c, int n) {
        storeN(dx + c, fma(loadN(out + c, n), loadN(dOut + c, n) - mean, loadN(dx + c, n)), n);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
