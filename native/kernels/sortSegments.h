#pragma once
#include <limits>

#include "kernels/arguments.h"

namespace amr {

/**
 * The runs of equal ids. order[n] names the positions of ids[n], ids ascending, equal ids in their order; run r is
 * order[segmentOffsets[r]..segmentOffsets[r + 1]) and has the id segmentIds[r]; places[n] says for each position which run it is
 * in. segmentOffsets has n + 1 and segmentIds n entries: runs beyond the distinct ids are empty and repeat the last id.
 */
struct SortSegments {
  std::int32_t* order;
  std::int32_t* places;
  std::int32_t* segmentOffsets;
  std::int32_t* segmentIds;
  const std::int32_t* ids;
  std::int64_t n;

  template <class Call>
  static SortSegments read(Call& call) {
    SortSegments s{};
    const Ints order = call.intsOut("order");
    const Ints places = call.intsOut("places");
    const Ints segmentOffsets = call.intsOut("segmentOffsets");
    const Ints segmentIds = call.intsOut("segmentIds");
    const Ints ids = call.ints("ids");
    s.n = ids.length;
    s.order = call.shape(order, s.n);
    s.places = call.shape(places, s.n);
    s.segmentOffsets = call.shape(segmentOffsets, s.n + 1);
    s.segmentIds = call.shape(segmentIds, s.n);
    s.ids = call.indices(ids, std::numeric_limits<std::int32_t>::max());
    return s;
  }
};

}  // namespace amr
