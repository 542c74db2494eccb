#pragma once
#include "kernels/arguments.h"

namespace amr {

/** loss[1] = mean softplus(-(s+ - s-)) over rows [batch, d], and the gradients of upstream * loss where wanted (else null). */
struct Bpr {
  float* loss;
  float* dUser;
  float* dPositive;
  float* dNegative;
  const float* user;
  const float* positive;
  const float* negative;
  std::int64_t batch, d;
  float upstream;

  template <class Call>
  static Bpr read(Call& call) {
    Bpr s{};
    const Floats loss = call.floatsOut("loss");
    const Floats dUser = call.optionalFloatsOut("dUser");
    const Floats dPositive = call.optionalFloatsOut("dPositive");
    const Floats dNegative = call.optionalFloatsOut("dNegative");
    const Floats user = call.floats("user");
    const Floats positive = call.floats("positive");
    const Floats negative = call.floats("negative");
    s.d = call.size("d");
    s.upstream = call.number("upstream");
    s.batch = call.rowsOf(user, s.d);
    call.require(s.batch > 0, "user", "no rows", "at least one, the mean of nothing is not defined");
    s.loss = call.shape(loss, 1);
    s.dUser = call.shape(dUser, s.batch, s.d);
    s.dPositive = call.shape(dPositive, s.batch, s.d);
    s.dNegative = call.shape(dNegative, s.batch, s.d);
    s.user = user.data;
    s.positive = call.shape(positive, s.batch, s.d);
    s.negative = call.shape(negative, s.batch, s.d);
    return s;
  }
};

/**
 * The fused BPR step on the rows of one table: loss[1] = mean softplus(-(s+ - s-)) + l2 / (2 batch) * squared length of all rows
 * named, and dRows[segments, d] = its gradient for the rows segmentIds. nodes [3 batch] are the rows of the users, then of the
 * positives, then of the negatives; order, segmentOffsets, segmentIds are its runs of equal rows (see sortSegments), so a row is
 * summed by one thread in the order of the positions. What belongs to an empty run is left alone. slopes [batch] is scratch.
 */
struct BprStep {
  float* loss;
  float* dRows;
  float* slopes;
  const float* table;
  const std::int32_t* nodes;
  const std::int32_t* order;
  const std::int32_t* segmentOffsets;
  const std::int32_t* segmentIds;
  std::int64_t batch, segments, d;
  float l2;

  template <class Call>
  static BprStep read(Call& call) {
    BprStep s{};
    const Floats loss = call.floatsOut("loss");
    const Floats dRows = call.floatsOut("dRows");
    const Floats slopes = call.floatsOut("slopes");
    const Floats table = call.floats("table");
    const Ints nodes = call.ints("nodes");
    const Ints order = call.ints("order");
    const Ints segmentOffsets = call.ints("segmentOffsets");
    const Ints segmentIds = call.ints("segmentIds");
    s.d = call.size("d");
    s.l2 = call.number("l2");
    s.batch = call.rowsOf(nodes, 3);
    call.require(s.batch > 0, "nodes", "no ids", "at least one of each kind, the mean of nothing is not defined");
    const std::int64_t rows = call.rowsOf(table, s.d);
    s.segments = segmentIds.length;
    s.loss = call.shape(loss, 1);
    s.dRows = call.shape(dRows, s.segments, s.d);
    s.slopes = call.shape(slopes, s.batch);
    s.table = table.data;
    s.nodes = call.indices(nodes, rows);
    call.shape(order, nodes.length);
    s.order = call.indices(order, nodes.length);
    s.segmentOffsets = call.offsets(segmentOffsets, s.segments, order.length);
    s.segmentIds = call.ascendingIndices(segmentIds, rows);
    return s;
  }
};

}  // namespace amr
