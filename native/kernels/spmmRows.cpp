#include "kernels/spmmRows.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

namespace {

/** How many listed rows ahead neighbours are asked for: the entries of listed rows do not follow each other. */
constexpr std::int64_t rowsAhead = 4;
constexpr std::int64_t entriesAhead = 16;

template <class AnyTile>
AMR_INLINE void prefetchNeighbours(const AnyTile& tile, const SpmmRows& s, std::int64_t j, std::int64_t c) {
  if (j >= s.m) return;
  const std::int64_t row = s.rowIds[j];
  const std::int64_t begin = s.a.offsets[row];
  const std::int64_t end = smaller(begin + entriesAhead, s.a.offsets[row + 1]);
  for (std::int64_t e = begin; e < end; ++e) tile.prefetchRow(s.x + s.a.indices[e] * s.d + c);
}

}  // namespace

void spmmRows(const SpmmRows& s, const Workers& workers) {
  const Csr a = s.a;
  // Entries of the listed rows are not counted first; small pieces keep the threads balanced instead.
  forRanges(workers, s.m, rowGrain(8 * s.d), [&](std::int64_t begin, std::int64_t end) {
    forTiles(s.d, [&](auto tile, std::int64_t c) {
      for (std::int64_t j = begin; j < end; ++j) {
        prefetchNeighbours(tile, s, j + rowsAhead, c);
        const std::int64_t row = s.rowIds[j], last = a.offsets[row + 1];
        auto total = tile.zeros();
        addEntries(tile, total, a, a.offsets[row], last, last, FloatRows{s.x + c, s.d});
        tile.blend(s.out + j * s.d + c, total, s.alpha, s.beta);
      }
    });
  });
}

}  // namespace amr::AMR_ISA
