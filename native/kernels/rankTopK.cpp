#include "kernels/rankTopK.h"

#include "simd/ranking.h"

namespace amr::AMR_ISA {

void rankTopK(const RankTopK& s, const Workers& workers) {
  rank<false>({s.indices, s.scores, s.users, s.items, nullptr, nullptr, s.maskOffsets, s.maskIndices, s.rows, s.columns, s.d, s.k},
              workers);
}

}  // namespace amr::AMR_ISA
