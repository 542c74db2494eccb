#pragma once
#include "kernels/randomKey.h"

namespace amr {

/**
 * negatives[m]: for each userIds[j] an item in [0, items) outside the user's row of `train` (ascending in a row), uniform.
 * Draw t of position j is word 0 of Philox 4x32-10 for counter (first + j, t, 0, 0), mapped to the high word of word * items;
 * the first t outside the row is taken.
 */
struct SampleNegatives {
  std::int32_t* negatives;
  const std::int32_t* userIds;
  Csr train;
  std::int64_t m, items;
  std::uint32_t key0, key1, first;

  template <class Call>
  static SampleNegatives read(Call& call) {
    SampleNegatives s{};
    const Ints negatives = call.intsOut("negatives");
    const Ints userIds = call.ints("userIds");
    s.train = call.csr("train");
    s.items = call.size("items");
    s.key0 = readWord(call, "key0");
    s.key1 = readWord(call, "key1");
    s.m = negatives.length;
    s.first = readWord(call, "first", s.m);
    s.negatives = call.shape(negatives, s.m);
    call.shape(userIds, s.m);
    s.userIds = call.indices(userIds, s.train.rows);
    // A row with fewer entries than there are items leaves one out; so the draws come to an end.
    call.shorterRows(userIds, s.train, s.items);
    return s;
  }
};

}  // namespace amr
