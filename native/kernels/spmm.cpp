#include "kernels/spmm.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

void spmm(const Spmm& s, const Workers& workers) {
  const Csr a = s.a;
  forSlices(workers, a, s.d, [&](auto tile, std::int64_t c, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      auto total = tile.zeros();
      addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], a.nnz, s.x + c, s.d);
      tile.blend(s.out + r * s.d + c, total, s.alpha, s.beta);
    }
  });
}

}  // namespace amr::AMR_ISA
