#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[segmentIds[s], :] += alpha * sum of rows[order[j], :] over segment s. Ids ascend, so no two segments share a row. */
struct ScatterRows {
  float* out;
  const float* rows;
  const std::int32_t* order;
  const std::int32_t* segmentOffsets;
  const std::int32_t* segmentIds;
  /** positions: entries of order */
  std::int64_t segments, positions, d;
  float alpha;

  template <class Call>
  static ScatterRows read(Call& call) {
    ScatterRows s{};
    const Floats out = call.floatsOut("out");
    const Floats rows = call.floats("rows");
    const Ints order = call.ints("order");
    const Ints segmentOffsets = call.ints("segmentOffsets");
    const Ints segmentIds = call.ints("segmentIds");
    s.d = call.size("d");
    s.alpha = call.number("alpha");
    s.segments = segmentIds.length;
    s.positions = order.length;
    s.order = call.indices(order, call.rowsOf(rows, s.d));
    s.segmentOffsets = call.offsets(segmentOffsets, s.segments, order.length);
    s.segmentIds = call.ascendingIndices(segmentIds, call.rowsOf(out, s.d));
    s.out = out.data;
    s.rows = rows.data;
    return s;
  }
};

}  // namespace amr
