#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * loss[1] = mean over i of (log sum over j of exp(a_i . b_j / tau) - a_i . b_target(i) / tau), a [n, d], b [m, d], targets [n];
 * logSumExp [n] is kept for the backward. Never holds n x m numbers.
 */
struct Infonce {
  float* loss;
  float* logSumExp;
  const float* a;
  const float* b;
  const std::int32_t* targets;
  std::int64_t n, m, d;
  float temperature;

  template <class Call>
  static Infonce read(Call& call) {
    Infonce s{};
    const Floats loss = call.floatsOut("loss");
    const Floats logSumExp = call.floatsOut("logSumExp");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    const Ints targets = call.ints("targets");
    s.d = call.size("d");
    s.temperature = call.number("temperature");
    s.n = call.rowsOf(a, s.d);
    s.m = call.rowsOf(b, s.d);
    s.loss = call.shape(loss, 1);
    s.logSumExp = call.shape(logSumExp, s.n);
    s.a = call.shape(a, s.n, s.d);
    s.b = call.shape(b, s.m, s.d);
    call.shape(targets, s.n);
    s.targets = call.indices(targets, s.m);
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
    const Ints targets = call.ints("targets");
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
    call.shape(targets, s.n);
    s.targets = call.indices(targets, s.m);
    s.logSumExp = call.shape(logSumExp, s.n);
    s.rowWeights = call.shape(rowWeights, s.n);
    return s;
  }
};

}  // namespace amr
