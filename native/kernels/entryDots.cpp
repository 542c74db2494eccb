#include "kernels/entryDots.h"

#include "simd/propagate.h"
#include "simd/rowSums.h"

namespace amr::AMR_ISA {

void entryDots(const EntryDots& s, const Workers& workers) {
  const Csr& pattern = s.pattern;
  forRowsByEntries(workers, pattern.offsets, pattern.rows, rowGrain(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::int64_t e = pattern.offsets[row]; e < pattern.offsets[row + 1]; ++e) {
        if (e + prefetchAhead / 4 < pattern.nnz) prefetch(s.b + pattern.indices[e + prefetchAhead / 4] * s.d);
        const float product = static_cast<float>(dotRows(s.a + row * s.d, s.b + pattern.indices[e] * s.d, s.d));
        s.out[e] = s.beta == 0.0f ? product : product + s.beta * s.out[e];
      }
    }
  });
}

}  // namespace amr::AMR_ISA
