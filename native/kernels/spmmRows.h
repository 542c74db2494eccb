#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[m, d], row j = alpha * A[rowIds[j], :] x + beta * out[j]; x [cols, d]. */
struct SpmmRows {
  float* out;
  Csr a;
  const std::int32_t* rowIds;
  const float* x;
  std::int64_t m, d;
  float alpha, beta;

  template <class Call>
  static SpmmRows read(Call& call) {
    SpmmRows s{};
    const Floats out = call.floatsOut("out");
    s.a = call.csr("a");
    const Ints rowIds = call.ints("rowIds");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.m = rowIds.length;
    s.out = call.shape(out, s.m, s.d);
    s.rowIds = call.indices(rowIds, s.a.rows);
    s.x = call.shape(x, s.a.cols, s.d);
    return s;
  }
};

}  // namespace amr
