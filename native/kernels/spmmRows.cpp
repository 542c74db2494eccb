#include "kernels/spmmRows.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

void spmmRows(const SpmmRows& s, const Workers& workers) {
  const Csr a = s.a;
  // Degrees of the listed rows are not summed up first; small pieces keep the threads balanced instead.
  forRanges(workers, s.m, larger(1, rowGrain(s.d) / 8), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      const std::int64_t r = s.rowIds[j];
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.zeros();
        addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], s.x + c, s.d);
        tile.blend(s.out + j * s.d + c, total, s.alpha, s.beta);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
