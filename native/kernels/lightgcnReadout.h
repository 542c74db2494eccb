#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * out[n, d] = weight * sum over l = 0..layers of A^l e0; A [n, n], scratch 2 n d floats.
 * Computed as S_0 = e0, S_{l+1} = e0 + A S_l (Horner's rule), so that no layer is kept and `out` is written once.
 */
struct LightgcnReadout {
  float* out;
  float* scratch;
  Csr a;
  const float* e0;
  std::int64_t d, layers;
  float weight;

  template <class Call>
  static LightgcnReadout read(Call& call) {
    LightgcnReadout s{};
    const Floats out = call.floatsOut("out");
    const Floats scratch = call.floatsOut("scratch");
    s.a = call.csr("a");
    const Floats e0 = call.floats("e0");
    s.d = call.size("d");
    s.layers = call.size("layers", 0);
    s.weight = call.number("weight");
    call.require(s.a.rows == s.a.cols, "a", "a matrix that is not square", "as many rows as columns");
    s.out = call.shape(out, s.a.rows, s.d);
    s.scratch = call.atLeast(scratch, 2 * s.a.rows * s.d);
    s.e0 = call.shape(e0, s.a.rows, s.d);
    return s;
  }
};

}  // namespace amr
