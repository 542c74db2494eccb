#pragma once
// The loops of sparse propagation, shared by spmm, spmmRows, neighbourMean and the LightGCN readout.
#include "simd/bfloat.h"

namespace amr::AMR_ISA {

/**
 * How many entries ahead a neighbour row is asked for. Rows are scattered, so nothing but this hides the way to memory;
 * 48 slices of 64 columns are 12 kB and still fit the L1 cache.
 */
constexpr std::int64_t prefetchAhead = 48;

template <bool weighted, class AnyTile, class Rows>
AMR_INLINE void addRun(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t begin, std::int64_t end,
                       std::int64_t limit, const Rows& x) {
  const std::int64_t asking = smaller(end, limit - prefetchAhead);
  const auto add = [&](std::int64_t e) { x.template add<weighted>(tile, total, weighted ? a.values[e] : 1.0f, a.indices[e]); };
  std::int64_t e = begin;
  for (; e < asking; ++e) {
    x.prefetchRow(tile, a.indices[e + prefetchAhead]);
    add(e);
  }
  for (; e < end; ++e) add(e);
}

/**
 * total += sum over the entries [begin, end) of A: value * x[column, tile], with the rows of x as `FloatRows` or `BfloatRows`. They are
 * asked for up to entry `limit`: beyond `end` where the caller goes on with what follows.
 */
template <class AnyTile, class Rows>
AMR_INLINE void addEntries(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t begin, std::int64_t end,
                           std::int64_t limit, const Rows& x) {
  if (a.values == nullptr) addRun<false>(tile, total, a, begin, end, limit, x);
  else addRun<true>(tile, total, a, begin, end, limit, x);
}

/**
 * body(tile, column, beginRow, endRow) over slices of 64 columns and, within each, pieces of rows of about equal numbers
 * of entries. All rows of one slice come before the next slice: a slice of x is what can stay in the last cache.
 */
template <class Body>
static inline void forSlices(const Workers& workers, const Csr& a, std::int64_t d, const Body& body) {
  if (a.rows == 0) return;
  const std::int64_t total = a.offsets[a.rows] + a.rows;
  const std::int64_t grain = rowGrain(smaller(d, tileColumns));
  const std::int64_t pieces = ceilDivide(total, grain);
  forChunks(workers, pieces * ceilDivide(d, tileColumns), [&](std::int64_t chunk) {
    const std::int64_t piece = chunk % pieces, column = chunk / pieces * tileColumns;
    const std::int64_t begin = rowAtWeight(a.offsets, a.rows, piece * grain);
    const std::int64_t end = piece + 1 == pieces ? a.rows : rowAtWeight(a.offsets, a.rows, (piece + 1) * grain);
    forTilesOf(column, smaller(column + tileColumns, d), [&](auto tile, std::int64_t c) { body(tile, c, begin, end); });
  });
}

}  // namespace amr::AMR_ISA
