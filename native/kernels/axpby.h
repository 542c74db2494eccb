#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out = alpha * x + beta * out, any length; out may be x. With beta = 0 the old out is not read. */
struct Axpby {
  float* out;
  const float* x;
  std::int64_t n;
  float alpha, beta;

  template <class Call>
  static Axpby read(Call& call) {
    Axpby s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.n = out.length;
    s.out = call.shape(out, s.n);
    s.x = call.shape(x, s.n);
    return s;
  }
};

}  // namespace amr
