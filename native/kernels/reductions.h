#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[1] = alpha * sum(x), added in float64. */
struct Sum {
  float* out;
  const float* x;
  std::int64_t n;
  float alpha;

  template <class Call>
  static Sum read(Call& call) {
    Sum s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.alpha = call.number("alpha");
    s.n = x.length;
    s.out = call.shape(out, 1);
    s.x = x.data;
    return s;
  }
};

/** out[1] = alpha * sum(a * b), in float64; a and b may be the same. */
struct Dot {
  float* out;
  const float* a;
  const float* b;
  std::int64_t n;
  float alpha;

  template <class Call>
  static Dot read(Call& call) {
    Dot s{};
    const Floats out = call.floatsOut("out");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    s.alpha = call.number("alpha");
    s.n = a.length;
    s.out = call.shape(out, 1);
    s.a = a.data;
    s.b = call.shape(b, s.n);
    return s;
  }
};

}  // namespace amr
