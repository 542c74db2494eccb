#include "kernels/rowDot.h"

#include "simd/rowSums.h"

namespace amr::AMR_ISA {

void rowDot(const RowDot& s, const Workers& workers) {
  forRanges(workers, s.n, rowsAtOnceFor(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      s.out[row] = static_cast<float>(dotRows(s.a + row * s.d, s.b + row * s.d, s.d));
    }
  });
}

}  // namespace amr::AMR_ISA
