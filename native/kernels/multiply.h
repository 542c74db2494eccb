#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out = a * b + beta * out, any length; out may be a or b. With beta = 0 the old out is not read. */
struct Multiply {
  float* out;
  const float* a;
  const float* b;
  std::int64_t n;
  float beta;

  template <class Call>
  static Multiply read(Call& call) {
    Multiply s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    s.beta = call.number("beta");
    s.n = out.length;
    s.out = out.data;
    s.a = call.shape(a, s.n);
    s.b = call.shape(b, s.n);
    return s;
  }
};

}  // namespace amr
