#include "kernels/bpr.h"

#include "simd/bprLoss.h"

namespace amr::AMR_ISA {

void bpr(const Bpr& s, const Workers& workers) {
  const float scale = s.upstream / static_cast<float>(s.batch);
  const std::int64_t d = s.d;
  const double total = sumOfChunks(workers, ceilDivide(s.batch, rowsAtOnce), [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * rowsAtOnce, end = smaller(begin + rowsAtOnce, s.batch);
    float slopes[rowsAtOnce];
    for (std::int64_t j = begin; j < end; ++j) {
      slopes[j - begin] = margin(s.user + j * d, s.positive + j * d, s.negative + j * d, d);
    }
    const double loss = lossAndSlopes(slopes, end - begin);
    for (std::int64_t j = begin; j < end; ++j) {
      const Vec slope = splat(scale * slopes[j - begin]);
      forLanes(0, d, [&](std::int64_t c, int n) {
        const std::int64_t at = j * d + c;
        const Vec user = loadN(s.user + at, n);
        if (s.dUser != nullptr) storeN(s.dUser + at, slope * (loadN(s.positive + at, n) - loadN(s.negative + at, n)), n);
        if (s.dPositive != nullptr) storeN(s.dPositive + at, slope * user, n);
        if (s.dNegative != nullptr) storeN(s.dNegative + at, negate(slope * user), n);
      });
    }
    return loss;
  });
  *s.loss = static_cast<float>(total / static_cast<double>(s.batch));
}

}  // namespace amr::AMR_ISA
