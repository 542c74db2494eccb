#pragma once
// The inner loop of sparse propagation, shared by spmm, spmmRows and the LightGCN readout.
#include "simd/tiles.h"

namespace amr::AMR_ISA {

/** How many entries ahead a neighbour row is asked for: enough to cover memory, few enough to stay in the L1 cache. */
constexpr std::int64_t prefetchAhead = 8;

/** total += sum over the entries e in [begin, end) of A: value(e) * x[column(e), tile]; x points at the tile's first column. */
template <class AnyTile>
AMR_INLINE void addEntries(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t begin, std::int64_t end,
                           const float* x, std::int64_t d) {
  for (std::int64_t e = begin; e < end; ++e) {
    // Runs past the row's end on purpose: the entries after it belong to the next row of this thread.
    if (e + prefetchAhead < a.nnz) tile.prefetchRow(x + a.indices[e + prefetchAhead] * d);
    const float* row = x + a.indices[e] * d;
    if (a.values == nullptr) tile.add(total, row);
    else tile.addScaled(total, splat(a.values[e]), row);
  }
}

}  // namespace amr::AMR_ISA
