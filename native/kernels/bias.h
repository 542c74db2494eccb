#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n, d] = x[n, d] + bias[d], by rows, times slope where that is not above 0 (LeakyReLU; 1: as it is); out may be x. */
struct AddBias {
  float* out;
  const float* x;
  const float* bias;
  std::int64_t n, d;
  float slope;

  template <class Call>
  static AddBias read(Call& call) {
    AddBias s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    const Floats bias = call.floats("bias");
    s.d = call.size("d");
    s.slope = call.number("slope");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.x = x.data;
    s.bias = call.shape(bias, s.d);
    call.require(s.n == 0 || s.out != s.bias, "out", "memory shared with bias", "no element in common");
    return s;
  }
};

/** out[d] += sum of the rows of x[n, d]: its backward. */
struct AddRowSums {
  float* out;
  const float* x;
  std::int64_t n, d;

  template <class Call>
  static AddRowSums read(Call& call) {
    AddRowSums s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.d);
    s.x = x.data;
    return s;
  }
};

}  // namespace amr
