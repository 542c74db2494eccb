#include "kernels/unary.h"

#include "simd/elements.h"
#include "simd/functions.h"

namespace amr::AMR_ISA {

namespace {

template <class Function>
void apply(const Unary& s, const Workers& workers, const Function& f) {
  forElements(workers, s.n, [&](std::int64_t i, int n) { storeN(s.out + i, f(loadN(s.x + i, n)), n); });
}

/** dx += dOut * derivative(x, out) */
template <class Derivative>
void accumulate(const UnaryBackward& s, const Workers& workers, const Derivative& derivative) {
  forElements(workers, s.n, [&](std::int64_t i, int n) {
    const Vec slope = derivative(loadN(s.x + i, n), loadN(s.out + i, n));
    storeN(s.dx + i, fma(loadN(s.dOut + i, n), slope, loadN(s.dx + i, n)), n);
  });
}

/** x^p for x >= 0, NaN below. */
AMR_INLINE Vec powerOf(Vec x, Vec p) { return exponential(p * logarithm(x)); }

}  // namespace

void unary(const Unary& s, const Workers& workers) {
  const Vec by = splat(s.parameter), one = splat(1.0f);
  switch (s.f) {
    case UnaryFunction::leakyRelu: return apply(s, workers, [&](Vec x) { return select(less(zero(), x), x, by * x); });
    case UnaryFunction::relu: return apply(s, workers, [](Vec x) { return select(lessEqual(x, zero()), zero(), x); });
    case UnaryFunction::sigmoid: return apply(s, workers, [](Vec x) { return sigmoid(x); });
    case UnaryFunction::tanh: return apply(s, workers, [](Vec x) { return hyperbolicTangent(x); });
    case UnaryFunction::exp: return apply(s, workers, [](Vec x) { return exponential(x); });
    case UnaryFunction::log: return apply(s, workers, [](Vec x) { return logarithm(x); });
    case UnaryFunction::sqrt: return apply(s, workers, [](Vec x) { return squareRoot(x); });
    case UnaryFunction::softplus: return apply(s, workers, [](Vec x) { return softplus(x); });
    case UnaryFunction::square: return apply(s, workers, [](Vec x) { return x * x; });
    case UnaryFunction::abs: return apply(s, workers, [](Vec x) { return absolute(x); });
    case UnaryFunction::negate: return apply(s, workers, [](Vec x) { return negate(x); });
    case UnaryFunction::sign:
      return apply(s, workers, [&](Vec x) { return select(less(zero(), x), one, select(less(x, zero()), negate(one), x)); });
    case UnaryFunction::reciprocal: return apply(s, workers, [&](Vec x) { return one / x; });
    case UnaryFunction::power: return apply(s, workers, [&](Vec x) { return powerOf(x, by); });
    case UnaryFunction::shift: return apply(s, workers, [&](Vec x) { return x + by; });
    case UnaryFunction::atLeast: return apply(s, workers, [&](Vec x) { return select(less(x, by), by, x); });
    case UnaryFunction::atMost: return apply(s, workers, [&](Vec x) { return select(less(by, x), by, x); });
    case UnaryFunction::count: return;
  }
}

void unaryBackward(const UnaryBackward& s, const Workers& workers) {
  const Vec one = splat(1.0f), by = splat(s.parameter);
  switch (s.f) {
    case UnaryFunction::leakyRelu: return accumulate(s, workers, [&](Vec x, Vec) { return select(less(zero(), x), one, by); });
    case UnaryFunction::relu: return accumulate(s, workers, [&](Vec x, Vec) { return select(less(zero(), x), one, zero()); });
    case UnaryFunction::sigmoid: return accumulate(s, workers, [&](Vec, Vec out) { return out * (one - out); });
    case UnaryFunction::tanh: return accumulate(s, workers, [&](Vec, Vec out) { return one - out * out; });
    case UnaryFunction::exp: return accumulate(s, workers, [](Vec, Vec out) { return out; });
    case UnaryFunction::log: return accumulate(s, workers, [&](Vec x, Vec) { return one / x; });
    case UnaryFunction::sqrt: return accumulate(s, workers, [](Vec, Vec out) { return splat(0.5f) / out; });
    case UnaryFunction::softplus: return accumulate(s, workers, [](Vec x, Vec) { return sigmoid(x); });
    case UnaryFunction::square: return accumulate(s, workers, [](Vec x, Vec) { return x + x; });
    case UnaryFunction::abs:
      return accumulate(s, workers, [&](Vec x, Vec) {
        return select(less(zero(), x), one, select(less(x, zero()), negate(one), zero()));
      });
    case UnaryFunction::negate: return accumulate(s, workers, [&](Vec, Vec) { return negate(one); });
    case UnaryFunction::sign: return;
    case UnaryFunction::reciprocal: return accumulate(s, workers, [](Vec, Vec out) { return negate(out * out); });
    case UnaryFunction::power: return accumulate(s, workers, [&](Vec x, Vec) { return by * powerOf(x, by - one); });
    case UnaryFunction::shift: return accumulate(s, workers, [&](Vec, Vec) { return one; });
    case UnaryFunction::atLeast: return accumulate(s, workers, [&](Vec x, Vec) { return select(less(x, by), zero(), one); });
    case UnaryFunction::atMost: return accumulate(s, workers, [&](Vec x, Vec) { return select(less(by, x), zero(), one); });
    case UnaryFunction::count: return;
  }
}

}  // namespace amr::AMR_ISA
