#include "kernels/gatherRows.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void gatherRows(const GatherRows& s, const Workers& workers) {
  constexpr std::int64_t ahead = 8;
  forRanges(workers, s.m, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      if (j + ahead < s.m) prefetch(s.x + s.ids[j + ahead] * s.d);
      const float* from = s.x + s.ids[j] * s.d;
      float* to = s.out + j * s.d;
      forTiles(s.d, [&](auto tile, std::int64_t c) { tile.write(to + c, tile.read(from + c)); });
    }
  });
}

}  // namespace amr::AMR_ISA
