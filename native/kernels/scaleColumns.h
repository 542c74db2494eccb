#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n, d] = columns of x[n, d] times scale[d] + beta * out; out may be x. With beta = 0 the old out is not read. */
struct ScaleColumns {
  float* out;
  const float* x;
  const float* scale;
  std::int64_t n, d;
  float beta;

  template <class Call>
  static ScaleColumns read(Call& call) {
    ScaleColumns s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    const Floats scale = call.floats("scale");
    s.d = call.size("d");
    s.beta = call.number("beta");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.x = x.data;
    s.scale = call.shape(scale, s.d);
    // With one row the scales have the shape of out; only x may be the same memory.
    call.require(s.n == 0 || s.out != s.scale, "out", "memory shared with scale", "no element in common");
    return s;
  }
};

}  // namespace amr
