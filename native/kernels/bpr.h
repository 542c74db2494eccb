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
 * loss[1] = mean softplus(-(s+ - s-)) + l2 / (2 batch) * squared length of all rows named, over rows of whole tables;
 * dUsers, dItems += gradient. Rows are added up per table row in sorted order of (id, position in the batch).
 */
struct BprStep {
  float* loss;
  float* dUsers;
  float* dItems;
  float* scratch;
  std::int32_t* intScratch;
  const float* users;
  const float* items;
  const std::int32_t* userIds;
  const std::int32_t* positiveIds;
  const std::int32_t* negativeIds;
  std::int64_t batch, d;
  float l2;

  template <class Call>
  static BprStep read(Call& call) {
    BprStep s{};
    const Floats loss = call.floatsOut("loss");
    const Floats dUsers = call.floatsOut("dUsers");
    const Floats dItems = call.floatsOut("dItems");
    const Floats scratch = call.floatsOut("scratch");
    const Ints intScratch = call.intsOut("intScratch");
    const Floats users = call.floats("users");
    const Floats items = call.floats("items");
    const Ints userIds = call.ints("userIds");
    const Ints positiveIds = call.ints("positiveIds");
    const Ints negativeIds = call.ints("negativeIds");
    s.d = call.size("d");
    s.l2 = call.number("l2");
    s.batch = userIds.length;
    call.require(s.batch > 0, "userIds", "no ids", "at least one, the mean of nothing is not defined");
    call.require(s.batch < (std::int64_t{1} << 30), "userIds", "more than 2^30 ids", "a smaller batch");
    const std::int64_t userRows = call.rowsOf(users, s.d), itemRows = call.rowsOf(items, s.d);
    s.loss = call.shape(loss, 1);
    s.dUsers = call.shape(dUsers, userRows, s.d);
    s.dItems = call.shape(dItems, itemRows, s.d);
    s.scratch = call.atLeast(scratch, 3 * s.batch * s.d);
    s.intScratch = call.atLeast(intScratch, 6 * s.batch + userRows + itemRows + 2);
    s.users = users.data;
    s.items = items.data;
    s.userIds = call.indices(userIds, userRows);
    call.shape(positiveIds, s.batch);
    call.shape(negativeIds, s.batch);
    s.positiveIds = call.indices(positiveIds, itemRows);
    s.negativeIds = call.indices(negativeIds, itemRows);
    return s;
  }
};

}  // namespace amr
