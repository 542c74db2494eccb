#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[n, d] = alpha * (mean of the k rows neighbours[i, :] of x[m, d]) + beta * out. */
struct NeighbourMean {
  float* out;
  const std::int32_t* neighbours;
  const float* x;
  std::int64_t n, k, d;
  float alpha, beta;

  template <class Call>
  static NeighbourMean read(Call& call) {
    NeighbourMean s{};
    const Floats out = call.floatsOut("out");
    const Ints neighbours = call.ints("neighbours");
    const Floats x = call.floats("x");
    s.k = call.size("k");
    s.d = call.size("d");
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.n = call.rowsOf(neighbours, s.k);
    s.out = call.shape(out, s.n, s.d);
    s.neighbours = call.indices(neighbours, call.rowsOf(x, s.d));
    s.x = x.data;
    return s;
  }
};

}  // namespace amr
