#include "kernels/neighbourMean.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void neighbourMean(const NeighbourMean& s, const Workers& workers) {
  const float scale = s.alpha / static_cast<float>(s.k);
  const std::int64_t count = s.n * s.k;
  constexpr std::int64_t ahead = 8;
  forRanges(workers, s.n, larger(1, rowGrain(s.d) / s.k), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.zeros();
        for (std::int64_t e = r * s.k; e < (r + 1) * s.k; ++e) {
          if (e + ahead < count) tile.prefetchRow(s.x + s.neighbours[e + ahead] * s.d + c);
          tile.add(total, s.x + s.neighbours[e] * s.d + c);
        }
        tile.blend(s.out + r * s.d + c, total, scale, s.beta);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
