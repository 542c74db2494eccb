#pragma once
#include "kernels/arguments.h"

namespace amr {

/**
 * Each row r of out[rows, d] takes `steps` steps of conjugate gradients, from where it is, towards the solution x of
 * (gram + regularisation[r] I + (weight - 1) sum of y_j y_j') x = weight * sum of y_j over the entries j of row r of the pattern;
 * y [cols, d], gram [d, d] symmetric: weighted least squares on implicit feedback (Hu et al. 2008, eq. 4) where every pair counts 1
 * and an observed one `weight`, by the method of Takács et al. 2011. A row without entries becomes zero.
 */
struct LeastSquaresRows {
  float* out;
  Csr pattern;
  const float* y;
  const float* gram;
  const float* regularisation;
  std::int64_t d, steps;
  float weight;

  template <class Call>
  static LeastSquaresRows read(Call& call) {
    LeastSquaresRows s{};
    const Floats out = call.floatsOut("out");
    s.pattern = call.csr("pattern");
    const Floats y = call.floats("y");
    const Floats gram = call.floats("gram");
    const Floats regularisation = call.floats("regularisation");
    s.d = call.size("d");
    s.weight = call.number("weight");
    s.steps = call.size("steps");
    s.out = call.shape(out, s.pattern.rows, s.d);
    s.y = call.shape(y, s.pattern.cols, s.d);
    s.gram = call.shape(gram, s.d, s.d);
    s.regularisation = call.shape(regularisation, s.pattern.rows);
    return s;
  }
};

}  // namespace amr
