#include "kernels/neighbourMean.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

void neighbourMean(const NeighbourMean& s, const Workers& workers) {
  const float scale = s.alpha / static_cast<float>(s.k);
  const std::int64_t count = s.n * s.k;
  const std::int64_t grain = rowGrain(s.k * smaller(s.d, tileColumns));
  const std::int64_t pieces = ceilDivide(s.n, grain);
  // Slice by slice, as in spmm; but rows need no offsets, weights or search for equal pieces.
  forChunks(workers, pieces * ceilDivide(s.d, tileColumns), [&](std::int64_t chunk) {
    const std::int64_t column = chunk / pieces * tileColumns, begin = chunk % pieces * grain;
    const std::int64_t end = smaller(begin + grain, s.n);
    forTilesOf(column, smaller(column + tileColumns, s.d), [&](auto tile, std::int64_t c) {
      const float* x = s.x + c;
      for (std::int64_t r = begin; r < end; ++r) {
        auto total = tile.zeros();
        for (std::int64_t e = r * s.k; e < (r + 1) * s.k; ++e) {
          if (e + prefetchAhead < count) tile.prefetchRow(x + s.neighbours[e + prefetchAhead] * s.d);
          tile.add(total, x + s.neighbours[e] * s.d);
        }
        tile.blend(s.out + r * s.d + c, total, scale, s.beta);
      }
    });
  });
}

}  // namespace amr::AMR_ISA
