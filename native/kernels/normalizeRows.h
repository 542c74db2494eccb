#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n, d] = x[n, d] / max(|x|, 1e-12) by rows, norms[n] the lengths. */
struct NormalizeRows {
  float* out;
  float* norms;
  const float* x;
  std::int64_t n, d;

  template <class Call>
  static NormalizeRows read(Call& call) {
    NormalizeRows s{};
    const Floats out = call.floatsOut("out");
    const Floats norms = call.floatsOut("norms");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.norms = call.shape(norms, s.n);
    s.x = call.shape(x, s.n, s.d);
    return s;
  }
};

/** dx[n, d] += the gradient of normalizeRows for upstream dOut, from its output and norms. */
struct NormalizeRowsBackward {
  float* dx;
  const float* dOut;
  const float* out;
  const float* norms;
  std::int64_t n, d;

  template <class Call>
  static NormalizeRowsBackward read(Call& call) {
    NormalizeRowsBackward s{};
    const Floats dx = call.floatsOut("dx");
    const Floats dOut = call.floats("dOut");
    const Floats out = call.floats("out");
    const Floats norms = call.floats("norms");
    s.d = call.size("d");
    s.n = call.rowsOf(out, s.d);
    s.dx = call.shape(dx, s.n, s.d);
    s.dOut = call.shape(dOut, s.n, s.d);
    s.out = call.shape(out, s.n, s.d);
    s.norms = call.shape(norms, s.n);
    return s;
  }
};

}  // namespace amr
