#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[rows, d] = alpha * A x + beta * out; x [cols, d]. out may not overlap x. */
struct Spmm {
  float* out;
  Csr a;
  const float* x;
  std::int64_t d;
  float alpha, beta;

  template <class Call>
  static Spmm read(Call& call) {
    Spmm s{};
    const Floats out = call.floatsOut("out");
    s.a = call.csr("a");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.out = call.shape(out, s.a.rows, s.d);
    s.x = call.shape(x, s.a.cols, s.d);
    return s;
  }
};

/** The same with x rounded to bfloat16 (to nearest, ties to even); products and sums stay float32. scratch: cols * d int32. */
struct SpmmBfloat {
  Spmm product;
  std::int32_t* scratch;

  template <class Call>
  static SpmmBfloat read(Call& call) {
    SpmmBfloat s{};
    const Ints scratch = call.intsOut("scratch");
    s.product = Spmm::read(call);
    s.scratch = call.atLeast(scratch, s.product.a.cols * s.product.d);
    return s;
  }
};

}  // namespace amr
