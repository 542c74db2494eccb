#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[d, n] = the transpose of x[n, d] + beta * out. With beta = 0 the old out is not read. */
struct Transpose {
  float* out;
  const float* x;
  std::int64_t n, d;
  float beta;

  template <class Call>
  static Transpose read(Call& call) {
    Transpose s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.beta = call.number("beta");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.d, s.n);
    s.x = x.data;
    return s;
  }
};

}  // namespace amr
