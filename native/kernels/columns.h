#pragma once
#include "kernels/arguments.h"

namespace amr {

/** Columns [at, at + d) of the wide matrix [n, width] = x[n, d]. */
struct CopyColumns {
  float* out;
  const float* x;
  std::int64_t n, width, at, d;

  template <class Call>
  static CopyColumns read(Call& call) {
    CopyColumns s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.width = call.size("width");
    s.at = call.size("at", 0);
    s.d = call.size("d");
    call.require(s.at + s.d <= s.width, "at", "columns that end beyond the width", "at + d at most width");
    s.n = call.rowsOf(x, s.d);
    s.out = call.shape(out, s.n, s.width);
    s.x = x.data;
    return s;
  }
};

/** out[n, d] += columns [at, at + d) of x[n, width]. */
struct AddColumns {
  float* out;
  const float* x;
  std::int64_t n, width, at, d;

  template <class Call>
  static AddColumns read(Call& call) {
    AddColumns s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    s.width = call.size("width");
    s.at = call.size("at", 0);
    s.d = call.size("d");
    call.require(s.at + s.d <= s.width, "at", "columns that end beyond the width", "at + d at most width");
    s.n = call.rowsOf(out, s.d);
    s.out = out.data;
    s.x = call.shape(x, s.n, s.width);
    return s;
  }
};

}  // namespace amr
