#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n] = dot product of rows a[n, d] and b[n, d]. */
struct RowDot {
  float* out;
  const float* a;
  const float* b;
  std::int64_t n, d;

  template <class Call>
  static RowDot read(Call& call) {
    RowDot s{};
    const Floats out = call.floatsOut("out");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    s.d = call.size("d");
    s.n = out.length;
    s.out = call.shape(out, s.n);
    s.a = call.shape(a, s.n, s.d);
    s.b = call.shape(b, s.n, s.d);
    return s;
  }
};

}  // namespace amr
