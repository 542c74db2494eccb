#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * out[m, n] = alpha * op(a) op(b) + beta * out; op(a) [m, k], op(b) [k, n]; a transposed operand is stored [k, m] or [n, k].
 * With beta = 0 the old out is not read.
 */
struct Gemm {
  float* out;
  const float* a;
  const float* b;
  std::int64_t m, n, k;
  bool transposeA, transposeB;
  float alpha, beta;

  template <class Call>
  static Gemm read(Call& call) {
    Gemm s{};
    const Floats out = call.floatsOut("out");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    s.m = call.size("m", 0);
    s.n = call.size("n", 0);
    s.k = call.size("k", 0);
    s.transposeA = call.flag("transposeA");
    s.transposeB = call.flag("transposeB");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.out = call.shape(out, s.m, s.n);
    s.a = s.transposeA ? call.shape(a, s.k, s.m) : call.shape(a, s.m, s.k);
    s.b = s.transposeB ? call.shape(b, s.n, s.k) : call.shape(b, s.k, s.n);
    return s;
  }
};

}  // namespace amr
