#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out = alpha * x + beta * y, any length; out may be x or y. Null y is out. With beta = 0 y is not read. */
struct Axpby {
  float* out;
  const float* x;
  std::int64_t n;
  float alpha, beta;
  const float* y = nullptr;

  template <class Call>
  static Axpby read(Call& call) {
    Axpby s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    const Floats y = call.optionalFloats("y");
    s.n = out.length;
    s.out = call.shape(out, s.n);
    s.x = call.shape(x, s.n);
    s.y = call.shape(y, s.n);
    return s;
  }
};

}  // namespace amr
