#include "kernels/scaleRows.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void scaleRows(const ScaleRows& s, const Workers& workers) {
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        tile.blend(s.out + r * s.d + c, tile.read(s.x + r * s.d + c), s.scale[r], 0.0f);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
