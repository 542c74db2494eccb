#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** Rows of the panels that the CPU multiplies by. */
constexpr std::int64_t bfloatPanelRows = 12;

/** Elements of a packed matrix [m, k]: whole panels of rows, two steps of k in each element. */
inline std::int64_t bfloatElements(std::int64_t m, std::int64_t k, std::int64_t panel) { return (m + panel - 1) / panel * panel * ((k + 1) / 2); }

/** The rows of a panel: the CPU's, or 1, where rows lie one after the other, as cuBLAS reads them. */
template <class Call>
std::int64_t readPanel(Call& call) {
  const std::int64_t panel = call.size("panel");
  call.require(panel == 1 || panel == bfloatPanelRows, "panel", std::to_string(panel), "1 or " + std::to_string(bfloatPanelRows));
  return panel;
}

/**
 * packed = x [n, d], or its transpose [d, n], rounded to bfloat16 (the upper half of a float32, to nearest even), as bfloatGemm reads
 * it: panel after panel of 12 rows or of 1, in a panel step after step, in a step row after row, in an element the values 2 t (lower half)
 * and 2 t + 1 of the row. Missing rows and values are zero.
 */
struct PackBfloat {
  std::int32_t* packed;
  const float* x;
  std::int64_t n, d;
  bool transpose;
  std::int64_t panel;

  template <class Call>
  static PackBfloat read(Call& call) {
    PackBfloat s{};
    const Ints packed = call.intsOut("packed");
    const Floats x = call.floats("x");
    s.d = call.size("d");
    s.transpose = call.flag("transpose");
    s.panel = readPanel(call);
    s.n = call.rowsOf(x, s.d);
    s.x = x.data;
    s.packed = call.shape(packed, s.transpose ? bfloatElements(s.d, s.n, s.panel) : bfloatElements(s.n, s.d, s.panel));
    return s;
  }
};

/** out[m, n] = alpha * a b + beta * out with a [m, k] packed and b [k, n] rounded to bfloat16; products and sums in float32. */
struct BfloatGemm {
  float* out;
  const std::int32_t* a;
  const float* b;
  std::int64_t m, n, k;
  float alpha, beta;
  std::int64_t panel;

  template <class Call>
  static BfloatGemm read(Call& call) {
    BfloatGemm s{};
    const Floats out = call.floatsOut("out");
    const Ints a = call.ints("a");
    const Floats b = call.floats("b");
    s.m = call.size("m", 0);
    s.n = call.size("n", 0);
    s.k = call.size("k", 0);
    s.alpha = call.number("alpha");
    s.beta = call.number("beta");
    s.panel = readPanel(call);
    s.out = call.shape(out, s.m, s.n);
    s.a = call.shape(a, bfloatElements(s.m, s.k, s.panel));
    s.b = call.shape(b, s.k, s.n);
    return s;
  }
};

}  // namespace amr
