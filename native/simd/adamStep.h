#pragma once
// One step of Adam on a vector of elements: what adam does to every element, and adamRows to those of some rows, with the same bits.
#include "kernels/adam.h"
#include "simd/elements.h"

namespace amr::AMR_ISA {

/** base^exponent by squaring; std::pow is shared between instruction sets (see simd/simd.h) and needs no more than this. */
static inline double power(double base, std::int64_t exponent) {
  double result = 1.0;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

/** What changes from step to step: the learning rate over the correction of m, and one over the root of that of v. */
struct AdamRates {
  float rate, correction;
};

AMR_INLINE AdamRates adamRates(const AdamSettings& s, std::int64_t step) {
  return {static_cast<float>(s.learningRate / (1.0 - power(s.beta1, step))),
          static_cast<float>(1.0 / __builtin_sqrt(1.0 - power(s.beta2, step)))};
}

/** What stays: the settings as vectors. */
struct AdamStep {
  Vec beta1, beta2, rest1, rest2, epsilon, keep;

  explicit AdamStep(const AdamSettings& s)
      : beta1(splat(static_cast<float>(s.beta1))),
        beta2(splat(static_cast<float>(s.beta2))),
        rest1(splat(static_cast<float>(1.0 - s.beta1))),
        rest2(splat(static_cast<float>(1.0 - s.beta2))),
        epsilon(splat(static_cast<float>(s.epsilon))),
        keep(splat(static_cast<float>(1.0 - s.learningRate * s.weightDecay))) {}

  /** With pull = rest1 * gradient and power = rest2 * gradient * gradient. */
  inline __attribute__((always_inline)) void move(Vec& parameter, Vec& m, Vec& v, Vec pull, Vec power, AdamRates rates) const {
    m = fma(beta1, m, pull);
    v = fma(beta2, v, power);
    const Vec denominator = fma(squareRoot(v), splat(rates.correction), epsilon);
    parameter = parameter * keep - splat(rates.rate) * m / denominator;
  }
  inline __attribute__((always_inline)) void move(Vec& parameter, Vec& m, Vec& v, Vec gradient, AdamRates rates) const {
    move(parameter, m, v, rest1 * gradient, rest2 * gradient * gradient, rates);
  }
};

}  // namespace amr::AMR_ISA
