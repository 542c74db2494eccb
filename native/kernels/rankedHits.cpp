#include "kernels/rankedHits.h"

#include "simd/contains.h"
#include "simd/parallel.h"

namespace amr::AMR_ISA {

void rankedHits(const RankedHits& s, const Workers& workers) {
  forRanges(workers, s.rows, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int32_t from = s.truthOffsets[row], count = s.truthOffsets[row + 1] - from;
      std::uint32_t bits = 0;
      for (std::int64_t p = 0; p < s.k; ++p) {
        if (contains(s.truthIndices + from, count, s.items[row * s.k + p])) bits |= std::uint32_t{1} << p;
      }
      s.hits[row] = static_cast<std::int32_t>(bits);
    }
  });
}

}  // namespace amr::AMR_ISA
