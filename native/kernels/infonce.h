#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** Targets [n] below m; null for every row's own number. */
template <class Call>
const std::int32_t* targetsOf(Call& call, const Ints& targets, std::int64_t n, std::int64_t m) {
  if (targets.absent) call.require(n <= m, targets.name, std::to_string(n) + " rows of a", "targets, or at least as many rows of b");
  else call.shape(targets, n);
  return targets.absent ? nullptr : call.indices(targets, m);
}

/**
 * loss[1] = mean over i of (log sum over j of exp(a_i . b_j / tau) - a_i . b_target(i) / tau), a [n, d], b [m, d], targets [n];
 * logSumExp [n] is kept for the backward. Never holds n x m numbers. Null targets: every row's own number. Where count [1] is given,
 * only that many of the first rows of a and of b are there.
 */
struct Infonce {
  float* loss;
  float* logSumExp;
  const float* a;
  const float* b;
  const std::int32_t* targets;
  const std::int32_t* count;
  std::int64_t n, m, d;
  float temperature;

  template <class Call>
  static Infonce read(Call& call) {
    Infonce s{};
    const Floats loss = call.floatsOut("loss");
    const Floats logSumExp = call.floatsOut("logSumExp");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    const Ints targets = call.optionalInts("targets");
    const Ints count = call.optionalInts("count");
    s.d = call.size("d");
    s.temperature = call.number("temperature");
    s.n = call.rowsOf(a, s.d);
    s.m = call.rowsOf(b, s.d);
    s.loss = call.shape(loss, 1);
    s.logSumExp = call.shape(logSumExp, s.n);
    s.a = call.shape(a, s.n, s.d);
    s.b = call.shape(b, s.m, s.d);
    s.targets = targetsOf(call, targets, s.n, s.m);
    s.count = call.shape(count, 1);
    return s;
  }
};

/**
 * da[n, d], db[m, d] += upstream * gradient of infonce, from the logSumExp it kept; the logits are computed again by blocks. With
 * rowWeights [n] the loss of row i counts rowWeights[i] instead of 1 / n.
 */
struct InfonceBackward {
  float* da;
  float* db;
  const float* a;
  const float* b;
  const std::int32_t* targets;
  const std::int32_t* count;
  const float* logSumExp;
  const float* rowWeights;
  std::int64_t n, m, d;
  float temperature, upstream;

  template <class Call>
  static InfonceBackward read(Call& call) {
    InfonceBackward s{};
    const Floats da = call.floatsOut("da");
    const Floats db = call.floatsOut("db");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    const Ints targets = call.optionalInts("targets");
    const Ints count = call.optionalInts("count");
    const Floats logSumExp = call.floats("logSumExp");
    const Floats rowWeights = call.optionalFloats("rowWeights");
    s.d = call.size("d");
    s.temperature = call.number("temperature");
    s.upstream = call.number("upstream");
    s.n = call.rowsOf(a, s.d);
    s.m = call.rowsOf(b, s.d);
    s.da = call.shape(da, s.n, s.d);
    s.db = call.shape(db, s.m, s.d);
    s.a = call.shape(a, s.n, s.d);
    s.b = call.shape(b, s.m, s.d);
    s.targets = targetsOf(call, targets, s.n, s.m);
    s.count = call.shape(count, 1);
    s.logSumExp = call.shape(logSumExp, s.n);
    s.rowWeights = call.shape(rowWeights, s.n);
    return s;
  }
};

}  // namespace amr
