#include "kernels/adam.h"

#include "simd/elements.h"

namespace amr::AMR_ISA {

namespace {

/** base^exponent by squaring; std::pow is shared between instruction sets (see simd/simd.h) and needs no more than this. */
double power(double base, std::int64_t exponent) {
  double result = 1.0;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

void adam(const Adam& s, const Workers& workers) {
  const Vec beta1 = splat(static_cast<float>(s.beta1)), beta2 = splat(static_cast<float>(s.beta2));
  const Vec rest1 = splat(static_cast<float>(1.0 - s.beta1)), rest2 = splat(static_cast<float>(1.0 - s.beta2));
  const Vec rate = splat(static_cast<float>(s.learningRate / (1.0 - power(s.beta1, s.step))));
  const Vec correction = splat(static_cast<float>(1.0 / __builtin_sqrt(1.0 - power(s.beta2, s.step))));
  const Vec epsilon = splat(static_cast<float>(s.epsilon));
  const Vec keep = splat(static_cast<float>(1.0 - s.learningRate * s.weightDecay));
  forElements(workers, s.n, [&](std::int64_t i, int n) {
    const Vec gradient = loadN(s.gradient + i, n);
    const Vec m = fma(beta1, loadN(s.m + i, n), rest1 * gradient);
    const Vec v = fma(beta2, loadN(s.v + i, n), rest2 * gradient * gradient);
    const Vec denominator = fma(squareRoot(v), correction, epsilon);
    storeN(s.m + i, m, n);
    storeN(s.v + i, v, n);
    storeN(s.parameter + i, loadN(s.parameter + i, n) * keep - rate * m / denominator, n);
  });
}

}  // namespace amr::AMR_ISA
