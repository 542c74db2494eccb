#include "kernels/randomValues.h"

#include "simd/functions.h"
#include "simd/philox.h"

namespace amr::AMR_ISA {
namespace {

/** Horner's rule, highest power first. */
template <int count>
AMR_INLINE Vec polynomial(const float (&coefficients)[count], Vec x) {
  Vec sum = splat(coefficients[0]);
  for (int i = 1; i < count; ++i) sum = fma(sum, x, splat(coefficients[i]));
  return sum;
}

// sqrt(2) times the coefficients of Giles 2010, "Approximating the erfinv function", table for single precision.
constexpr float central[] = {3.9742602e-8f,  4.8546266e-7f, -4.9828227e-6f, -6.2105281e-6f, 3.0912003e-4f,
                             -1.7730349e-3f, -5.908134e-3f, 0.34880266f,    2.1233136f};
constexpr float tails[] = {-2.8314572e-4f, 1.4276565e-4f, 1.9082595e-3f, -5.1950123e-3f, 8.1168897e-3f,
                           -1.0779788e-2f, 1.3348579e-2f, 1.416581f,     4.0064342f};

/** The quantile of the standard normal distribution; u has at most 24 significant bits, as does 1 - u. */
AMR_INLINE Vec normalQuantile(Vec u) {
  const Vec one = splat(1.0f);
  const Vec w = negate(logarithm(splat(4.0f) * u * (one - u)));
  const Vec near = polynomial(central, w - splat(2.5f));
  const Vec far = polynomial(tails, squareRoot(w) - splat(3.0f));
  return select(less(w, splat(5.0f)), near, far) * (u + u - one);
}

template <class Quantile>
void draw(const RandomValues& s, const Workers& workers, const Quantile& quantile) {
  forUniforms(workers, s.n, s.key0, s.key1,
              [&](std::int64_t i, int n, const float* u) { storeN(s.out + i, quantile(load(u)), n); });
}

}  // namespace

void randomValues(const RandomValues& s, const Workers& workers) {
  switch (s.law) {
    case RandomLaw::uniform: return draw(s, workers, [](Vec u) { return u; });
    case RandomLaw::normal: return draw(s, workers, [](Vec u) { return normalQuantile(u); });
    case RandomLaw::gumbel: return draw(s, workers, [](Vec u) { return negate(logarithm(negate(logarithm(u)))); });
    case RandomLaw::count: return;
  }
}

}  // namespace amr::AMR_ISA
