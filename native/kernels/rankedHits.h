#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** hits[b]: bit p of row i is set where items[i, p] of items [b, k] is among truthIndices[truthOffsets[i]..), ascending in a row; k to 31. */
struct RankedHits {
  static constexpr std::int64_t most = 31;
  std::int32_t* hits;
  const std::int32_t* items;
  const std::int32_t* truthOffsets;
  const std::int32_t* truthIndices;
  std::int64_t rows, k;

  template <class Call>
  static RankedHits read(Call& call) {
    RankedHits s{};
    const Ints hits = call.intsOut("hits");
    const Ints items = call.ints("items");
    const Ints truthOffsets = call.ints("truthOffsets");
    const Ints truthIndices = call.ints("truthIndices");
    s.k = call.size("k");
    call.require(s.k <= most, "k", std::to_string(s.k), "at most " + std::to_string(most) + " places");
    s.rows = hits.length;
    s.hits = call.shape(hits, s.rows);
    s.items = call.shape(items, s.rows, s.k);
    s.truthOffsets = call.offsets(truthOffsets, s.rows, truthIndices.length);
    s.truthIndices = call.shape(truthIndices, truthIndices.length);
    call.ascendingRows(truthOffsets, truthIndices, s.rows);
    return s;
  }
};

}  // namespace amr
