#include "kernels/scaleColumns.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void scaleColumns(const ScaleColumns& s, const Workers& workers) {
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(s.x + r * s.d + c);
        const auto scale = tile.read(s.scale + c);
        for (int i = 0; i < tile.vectors; ++i) total.v[i] = total.v[i] * scale.v[i];
        tile.blend(s.out + r * s.d + c, total, 1.0f, s.beta);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
