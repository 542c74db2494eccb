#include "kernels/scatterRows.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void scatterRows(const ScatterRows& s, const Workers& workers) {
  forRowsByEntries(workers, s.segmentOffsets, s.segments, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t segment = begin; segment < end; ++segment) {
      float* to = s.out + s.segmentIds[segment] * s.d;
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.zeros();
        for (std::int64_t j = s.segmentOffsets[segment]; j < s.segmentOffsets[segment + 1]; ++j) {
          tile.add(total, s.rows + s.order[j] * s.d + c);
        }
        tile.blend(to + c, total, s.alpha, 1.0f);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
