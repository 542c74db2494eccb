#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * out[nnz] = for each entry (i, j) of the pattern the dot product of rows a[i] and b[j], + beta * out; a [rows, d], b [cols, d].
 * The product of two dense matrices where a sparse one has entries: the gradient of spmm with respect to its values.
 */
struct EntryDots {
  float* out;
  Csr pattern;
  const float* a;
  const float* b;
  std::int64_t d;
  float beta;

  template <class Call>
  static EntryDots read(Call& call) {
    EntryDots s{};
    const Floats out = call.floatsOut("out");
    s.pattern = call.csr("pattern");
    const Floats a = call.floats("a");
    const Floats b = call.floats("b");
    s.d = call.size("d");
    s.beta = call.number("beta");
    s.out = call.shape(out, s.pattern.nnz);
    s.a = call.shape(a, s.pattern.rows, s.d);
    s.b = call.shape(b, s.pattern.cols, s.d);
    return s;
  }
};

}  // namespace amr
