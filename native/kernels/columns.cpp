#include "kernels/columns.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {

void copyColumns(const CopyColumns& s, const Workers& workers) {
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* from = s.x + r * s.d;
      float* to = s.out + r * s.width + s.at;
      forTiles(s.d, [&](auto tile, std::int64_t c) { tile.write(to + c, tile.read(from + c)); });
    }
  });
}

void addColumns(const AddColumns& s, const Workers& workers) {
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* from = s.x + r * s.width + s.at;
      float* to = s.out + r * s.d;
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(to + c);
        tile.add(total, from + c);
        tile.write(to + c, total);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
