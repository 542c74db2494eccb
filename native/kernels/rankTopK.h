#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * indices[b, k], scores[b, k] of the best of items [n, d] for each of users [b, d] by inner product, without the items
 * maskIndices[maskOffsets[i]..maskOffsets[i + 1]) of row i; ties to the lower id, NaN as minus infinity. Where fewer than k
 * items remain the rest is index -1, score minus infinity.
 */
struct RankTopK {
  std::int32_t* indices;
  float* scores;
  const float* users;
  const float* items;
  const std::int32_t* maskOffsets;
  const std::int32_t* maskIndices;
  std::int64_t rows, columns, d, k;

  template <class Call>
  static RankTopK read(Call& call) {
    RankTopK s{};
    const Ints indices = call.intsOut("indices");
    const Floats scores = call.floatsOut("scores");
    const Floats users = call.floats("users");
    const Floats items = call.floats("items");
    const Ints maskOffsets = call.ints("maskOffsets");
    const Ints maskIndices = call.ints("maskIndices");
    s.d = call.size("d");
    s.k = call.size("k");
    s.rows = call.rowsOf(users, s.d);
    s.columns = call.rowsOf(items, s.d);
    s.users = call.shape(users, s.rows, s.d);
    s.items = call.shape(items, s.columns, s.d);
    s.indices = call.shape(indices, s.rows, s.k);
    s.scores = call.shape(scores, s.rows, s.k);
    s.maskOffsets = call.offsets(maskOffsets, s.rows, maskIndices.length);
    s.maskIndices = call.indices(maskIndices, s.columns);
    call.ascendingRows(maskOffsets, maskIndices, s.rows);
    return s;
  }
};

}  // namespace amr
