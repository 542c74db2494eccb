#pragma once
// The loops of sparse propagation, shared by spmm, spmmRows, neighbourMean and the LightGCN readout.
#include "simd/tiles.h"

namespace amr::AMR_ISA {

/**
 * How many entries ahead a neighbour row is asked for. Rows are scattered, so nothing but this hides the way to memory;
 * 48 slices of 64 columns are 12 kB and still fit the L1 cache.
 */
constexpr std::int64_t prefetchAhead = 48;

/** total += value * x[column, tile] for entry e; x points at the tile's first column, its rows are `stride` apart. */
template <bool weighted, class AnyTile>
AMR_INLINE void addEntry(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t e, const float* x,
                         std::int64_t stride) {
  const float* row = x + a.indices[e] * stride;
  if constexpr (weighted) tile.addScaled(total, splat(a.values[e]), row);
  else tile.add(total, row);
}

template <bool weighted, class AnyTile>
AMR_INLINE void addRun(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t begin, std::int64_t end,
                       std::int64_t limit, const float* x, std::int64_t stride) {
  const std::int64_t asking = smaller(end, limit - prefetchAhead);
  std::int64_t e = begin;
  for (; e < asking; ++e) {
    tile.prefetchRow(x + a.indices[e + prefetchAhead] * stride);
    addEntry<weighted>(tile, total, a, e, x, stride);
  }
  for (; e < end; ++e) addEntry<weighted>(tile, total, a, e, x, stride);
}

/**
 * total += sum over the entries [begin, end) of A: value * x[column, tile]. Rows of x are asked for up to entry `limit`: beyond
 * `end` where the caller goes on with what follows.
 */
template <class AnyTile>
AMR_INLINE void addEntries(const AnyTile& tile, typename AnyTile::Values& total, const Csr& a, std::int64_t begin, std::int64_t end,
                           std::int64_t limit, const float* x, std::int64_t stride) {
  if (a.values == nullptr) addRun<false>(tile, total, a, begin, end, limit, x, stride);
  else addRun<true>(tile, total, a, begin, end, limit, x, stride);
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
