#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n, d] = rows of x[n, d] times scale[n]; out may be x. */
struct ScaleRows {
  float* out;
  const float* x;
  const float* scale;
  std::int64_t n, d;

  template <class Call>
  static ScaleRows read(Call& call) {
    ScaleRows s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    const Floats scale = call.floats("scale");
    s.d = call.size("d");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.x = x.data;
    s.scale = call.shape(scale, s.n);
    // With d = 1 the scales have the shape of out; only x may be the same memory.
    call.require(s.n == 0 || s.out != s.scale, "out", "memory shared with scale", "no element in common");
    return s;
  }
};

}  // namespace amr
