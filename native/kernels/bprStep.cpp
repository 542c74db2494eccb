#include "kernels/bpr.h"
#include "simd/bprLoss.h"
#include "simd/tiles.h"

namespace amr::AMR_ISA {

void bprStep(const BprStep& s, const Workers& workers) {
  const std::int64_t d = s.d, batch = s.batch;
  const float inverse = 1.0f / static_cast<float>(batch);
  const float decay = s.l2 * inverse;
  float* const slopes = s.slopes;
  const auto user = [&](std::int64_t j) { return s.table + s.nodes[j] * d; };
  const auto positive = [&](std::int64_t j) { return user(batch + j); };
  const auto negative = [&](std::int64_t j) { return user(2 * batch + j); };

  const double total = sumOfChunks(workers, ceilDivide(batch, rowsAtOnce), [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * rowsAtOnce, end = smaller(begin + rowsAtOnce, batch);
    double squares = 0.0;
    for (std::int64_t j = begin; j < end; ++j) {
      slopes[j] = margin(user(j), positive(j), negative(j), d);
      if (s.l2 != 0.0f) squares += squaredLength(user(j), d) + squaredLength(positive(j), d) + squaredLength(negative(j), d);
    }
    const double loss = lossAndSlopes(slopes + begin, end - begin);
    for (std::int64_t j = begin; j < end; ++j) slopes[j] *= inverse;
    return loss + 0.5 * static_cast<double>(s.l2) * squares;
  });
  *s.loss = static_cast<float>(total / static_cast<double>(batch));

  forRanges(workers, s.segments, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t first = s.segmentOffsets[r], last = s.segmentOffsets[r + 1];
      if (first == last) continue;
      const Vec weight = splat(decay * static_cast<float>(last - first));
      const float* const row = s.table + s.segmentIds[r] * d;
      forTiles(d, [&](auto tile, std::int64_t c) {
        auto sum = tile.zeros();
        for (std::int64_t k = first; k < last; ++k) {
          const std::int64_t position = s.order[k];
          if (position < batch) {
            tile.addScaled(sum, splat(slopes[position]), positive(position) + c);
            tile.addScaled(sum, splat(-slopes[position]), negative(position) + c);
          } else {
            const bool isPositive = position < 2 * batch;
            const std::int64_t j = position - (isPositive ? batch : 2 * batch);
            tile.addScaled(sum, splat(isPositive ? slopes[j] : -slopes[j]), user(j) + c);
          }
        }
        tile.addScaled(sum, weight, row + c);
        tile.write(s.dRows + r * d + c, sum);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
