#include "kernels/hypercomplex.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void hypercomplex(const Hypercomplex& s, const Workers& workers) {
  const std::int64_t width = s.components * s.d;
  forRanges(workers, s.n, rowGrain(s.components * width), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      for (std::int64_t k = 0; k < s.components; ++k) {
        forTiles(s.d, [&](auto tile, std::int64_t c) {
          auto total = tile.zeros();
          for (std::int64_t i = 0; i < s.components; ++i) {
            const Vec weight = splat(s.weights[k][i]);
            const auto left = tile.read(s.left + r * width + i * s.d + c), right = tile.read(s.right + r * width + (i ^ k) * s.d + c);
            for (int v = 0; v < tile.vectors; ++v) total.v[v] = fma(weight * left.v[v], right.v[v], total.v[v]);
          }
          tile.blend(s.out + r * width + k * s.d + c, total, 1.0f, s.beta);
        });
      }
    }
  });
}

}  // namespace amr::AMR_ISA
