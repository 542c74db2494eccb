#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** The largest number of components: sedenions. */
constexpr std::int64_t mostComponents = 16;

/** What `hypercomplex` computes, in the order of HYPERCOMPLEX_PARTS in packages/kernels/src/hypercomplex.ts. */
enum class HypercomplexPart : std::int32_t { product, dLeft, dRight, count };

/** signs[i][j] is 1 or -1: unit i times unit j is that times unit i ^ j. */
struct HypercomplexSigns {
  float of[mostComponents][mostComponents];

  /** The table of the construction, by doubling. */
  static HypercomplexSigns make(std::int64_t components, bool conjugates) {
    HypercomplexSigns signs{};
    signs.of[0][0] = 1.0f;
    for (std::int64_t half = 1; half < components; half *= 2) {
      for (std::int64_t i = 0; i < half; ++i) {
        for (std::int64_t j = 0; j < half; ++j) {
          const float conjugate = conjugates && j != 0 ? -1.0f : 1.0f;
          const float straight = signs.of[i][j], swapped = conjugates ? signs.of[j][i] : straight;
          signs.of[i][half + j] = swapped;
          signs.of[half + i][j] = conjugate * straight;
          signs.of[half + i][half + j] = -conjugate * swapped;
        }
      }
    }
    return signs;
  }
};

/**
 * Products of hypercomplex numbers with `components` parts, for each of d columns of n rows: out, left and right are
 * [n, components * d], part c in columns [c d, (c + 1) d). The Cayley-Dickson construction from halves (Schafer 1954):
 * conjugating (a, b)(c, e) = (a c - e* b, e a + b c*), else (a c - e b, a e + b c), which commutes.
 * product: out = left right + beta * out. dLeft: left holds the gradient of the product, out = that of the left factor.
 * dRight: right holds the gradient of the product, out = that of the right factor.
 */
struct Hypercomplex {
  float* out;
  const float* left;
  const float* right;
  std::int64_t n, d, components;
  float beta;
  /** weights[k][i]: how the product of part i of left and part i ^ k of right counts in part k of out */
  float weights[mostComponents][mostComponents];

  template <class Call>
  static Hypercomplex read(Call& call) {
    Hypercomplex s{};
    const Floats out = call.floatsOut("out");
    const Floats left = call.floats("left");
    const Floats right = call.floats("right");
    s.d = call.size("d");
    s.components = call.size("components");
    const auto part = static_cast<HypercomplexPart>(call.size("part", 0));
    const bool conjugates = call.flag("conjugates");
    s.beta = call.number("beta");
    const bool isPower = (s.components & (s.components - 1)) == 0 && s.components <= mostComponents;
    call.require(isPower, "components", std::to_string(s.components), "1, 2, 4, 8 or 16");
    call.require(part < HypercomplexPart::count, "part", "a number without a meaning", "one of the parts' numbers");
    s.n = call.rowsOf(left, s.components * s.d);
    s.out = call.shape(out, s.n, s.components * s.d);
    s.left = left.data;
    s.right = call.shape(right, s.n, s.components * s.d);
    s.weigh(part, HypercomplexSigns::make(s.components, conjugates));
    return s;
  }

  /** In dLeft part k of the left factor met part i ^ k of the right and made part i; in dRight part i met part k. */
  void weigh(HypercomplexPart part, const HypercomplexSigns& signs) {
    for (std::int64_t k = 0; k < components; ++k) {
      for (std::int64_t i = 0; i < components; ++i) {
        weights[k][i] = part == HypercomplexPart::product ? signs.of[i][i ^ k]
                        : part == HypercomplexPart::dLeft ? signs.of[k][i ^ k]
                                                          : signs.of[i][k];
      }
    }
  }
};

}  // namespace amr
