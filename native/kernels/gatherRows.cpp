#include "kernels/gatherRows.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void gatherRows(const GatherRows& s, const Workers& workers) {
  constexpr std::int64_t ahead = 16;
  forRanges(workers, s.m, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    forTiles(s.d, [&](auto tile, std::int64_t c) {
      for (std::int64_t j = begin; j < end; ++j) {
        if (j + ahead < s.m) tile.prefetchRow(s.x + s.ids[j + ahead] * s.d + c);
        tile.write(s.out + j * s.d + c, tile.read(s.x + s.ids[j] * s.d + c));
      }
    });
  });
}

}  // namespace amr::AMR_ISA
