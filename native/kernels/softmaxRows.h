#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * logSumExp[n] = log sum over c of exp(x[n, c]), out[n, d] = exp(x - logSumExp) by rows; nothing overflows. A row of minus
 * infinities has logSumExp minus infinity and no softmax (NaN); one with plus infinity or NaN is NaN.
 */
struct SoftmaxRows {
  float* out;
  float* logSumExp;
  const float* x;
  std::int64_t n, d;

  template <class Call>
  static SoftmaxRows read(Call& call) {
    SoftmaxRows s{};
    const Floats out = call.floatsOut("out");
    const Floats logSumExp = call.floatsOut("logSumExp");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.logSumExp = call.shape(logSumExp, s.n);
    s.x = call.shape(x, s.n, s.d);
    return s;
  }
};

/** dx[n, d] += out (dOut - out . dOut) by rows: the gradient of softmaxRows for upstream dOut, from its output. */
struct SoftmaxRowsBackward {
  float* dx;
  const float* dOut;
  const float* out;
  std::int64_t n, d;

  template <class Call>
  static SoftmaxRowsBackward read(Call& call) {
    SoftmaxRowsBackward s{};
    const Floats dx = call.floatsOut("dx");
    const Floats dOut = call.floats("dOut");
    const Floats out = call.floats("out");
    s.d = call.size("d");
    s.n = call.rowsOf(out, s.d);
    s.dx = call.shape(dx, s.n, s.d);
    s.dOut = call.shape(dOut, s.n, s.d);
    s.out = call.shape(out, s.n, s.d);
    return s;
  }
};

}  // namespace amr
