// Element-wise kernels: axpby, multiply, unary, unaryBackward (see elements.cuh).
#include <cmath>

#include "elements.cuh"
#include "kernels/kernels.h"

namespace amr::cuda {
namespace {

struct Scaled {
  static constexpr int inputs = 1, outputs = 1;
  float alpha;
  __device__ void operator()(const float (&x)[1], float (&out)[1]) const { out[0] = alpha * x[0]; }
};
struct Blend {
  static constexpr int inputs = 2, outputs = 1;
  float alpha, beta;
  __device__ void operator()(const float (&x)[2], float (&out)[1]) const { out[0] = fmaf(beta, x[1], alpha * x[0]); }
};
struct Product {
  static constexpr int inputs = 2, outputs = 1;
  __device__ void operator()(const float (&x)[2], float (&out)[1]) const { out[0] = x[0] * x[1]; }
};
struct AddProduct {
  static constexpr int inputs = 3, outputs = 1;
  float beta;
  __device__ void operator()(const float (&x)[3], float (&out)[1]) const { out[0] = fmaf(x[0], x[1], beta * x[2]); }
};

__device__ float sigmoidOf(float x) {
  const float t = expf(-fabsf(x));  // never overflows
  return (x < 0.0f ? t : 1.0f) / (1.0f + t);
}

template <UnaryFunction f>
__device__ float valueOf(float x, float by) {
  if constexpr (f == UnaryFunction::leakyRelu) return x > 0.0f ? x : by * x;
  if constexpr (f == UnaryFunction::relu) return x <= 0.0f ? 0.0f : x;
  if constexpr (f == UnaryFunction::sigmoid) return sigmoidOf(x);
  if constexpr (f == UnaryFunction::tanh) return tanhf(x);
  if constexpr (f == UnaryFunction::exp) return expf(x);
  if constexpr (f == UnaryFunction::log) return logf(x);
  if constexpr (f == UnaryFunction::sqrt) return sqrtf(x);
  if constexpr (f == UnaryFunction::softplus) return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x)));
  if constexpr (f == UnaryFunction::square) return x * x;
  if constexpr (f == UnaryFunction::abs) return fabsf(x);
  if constexpr (f == UnaryFunction::sign) return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;
  if constexpr (f == UnaryFunction::reciprocal) return 1.0f / x;
  if constexpr (f == UnaryFunction::power) return x < 0.0f ? NAN : powf(x, by);
  if constexpr (f == UnaryFunction::shift) return x + by;
  if constexpr (f == UnaryFunction::atLeast) return x < by ? by : x;
  if constexpr (f == UnaryFunction::atMost) return x > by ? by : x;
  return -x;
}

template <UnaryFunction f>
__device__ float derivativeOf(float x, float out, float by) {
  if constexpr (f == UnaryFunction::leakyRelu) return x > 0.0f ? 1.0f : by;
  if constexpr (f == UnaryFunction::relu) return x > 0.0f ? 1.0f : 0.0f;
  if constexpr (f == UnaryFunction::sigmoid) return out * (1.0f - out);
  if constexpr (f == UnaryFunction::tanh) return 1.0f - out * out;
  if constexpr (f == UnaryFunction::exp) return out;
  if constexpr (f == UnaryFunction::log) return 1.0f / x;
  if constexpr (f == UnaryFunction::sqrt) return 0.5f / out;
  if constexpr (f == UnaryFunction::softplus) return sigmoidOf(x);
  if constexpr (f == UnaryFunction::square) return x + x;
  if constexpr (f == UnaryFunction::abs) return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;
  if constexpr (f == UnaryFunction::sign) return 0.0f;
  if constexpr (f == UnaryFunction::reciprocal) return -(out * out);
  if constexpr (f == UnaryFunction::power) return x < 0.0f ? NAN : by * powf(x, by - 1.0f);
  if constexpr (f == UnaryFunction::shift) return 1.0f;
  if constexpr (f == UnaryFunction::atLeast) return x < by ? 0.0f : 1.0f;
  if constexpr (f == UnaryFunction::atMost) return x > by ? 0.0f : 1.0f;
  return -1.0f;
}

template <UnaryFunction f>
struct Apply {
  static constexpr int inputs = 1, outputs = 1;
  float parameter;
  __device__ void operator()(const float (&x)[1], float (&out)[1]) const { out[0] = valueOf<f>(x[0], parameter); }
};
/** Of x and out only what the derivative uses is read. */
template <UnaryFunction f>
struct Accumulate {
  static constexpr int inputs = 4, outputs = 1;
  float parameter;
  __device__ void operator()(const float (&x)[4], float (&dx)[1]) const {
    dx[0] = fmaf(x[1], derivativeOf<f>(x[2], x[3], parameter), x[0]);
  }
};

template <UnaryFunction f>
struct Constant {
  static constexpr UnaryFunction value = f;
};

/** Calls run with the function's number as a compile-time constant. */
template <class Run>
void dispatch(UnaryFunction f, Run run) {
  using F = UnaryFunction;
  switch (f) {
    case F::leakyRelu: return run(Constant<F::leakyRelu>());
    case F::relu: return run(Constant<F::relu>());
    case F::sigmoid: return run(Constant<F::sigmoid>());
    case F::tanh: return run(Constant<F::tanh>());
    case F::exp: return run(Constant<F::exp>());
    case F::log: return run(Constant<F::log>());
    case F::sqrt: return run(Constant<F::sqrt>());
    case F::softplus: return run(Constant<F::softplus>());
    case F::square: return run(Constant<F::square>());
    case F::abs: return run(Constant<F::abs>());
    case F::negate: return run(Constant<F::negate>());
    case F::sign: return run(Constant<F::sign>());
    case F::reciprocal: return run(Constant<F::reciprocal>());
    case F::power: return run(Constant<F::power>());
    case F::shift: return run(Constant<F::shift>());
    case F::atLeast: return run(Constant<F::atLeast>());
    case F::atMost: return run(Constant<F::atMost>());
    case F::count: return;
  }
}

}  // namespace

void axpby(const Axpby& s, Context& context) {
  // With beta 0 the other values are not read: they may be anything.
  if (s.beta == 0.0f) forElements(context, s.n, Elements<Scaled>{{s.alpha}, {s.x}, {s.out}});
  else forElements(context, s.n, Elements<Blend>{{s.alpha, s.beta}, {s.x, s.y == nullptr ? s.out : s.y}, {s.out}});
}

void multiply(const Multiply& s, Context& context) {
  if (s.beta == 0.0f) forElements(context, s.n, Elements<Product>{{}, {s.a, s.b}, {s.out}});
  else forElements(context, s.n, Elements<AddProduct>{{s.beta}, {s.a, s.b, s.out}, {s.out}});
}

void unary(const Unary& s, Context& context) {
  dispatch(s.f, [&](auto f) { forElements(context, s.n, Elements<Apply<decltype(f)::value>>{{s.parameter}, {s.x}, {s.out}}); });
}

void unaryBackward(const UnaryBackward& s, Context& context) {
  dispatch(s.f, [&](auto f) {
    forElements(context, s.n, Elements<Accumulate<decltype(f)::value>>{{s.parameter}, {s.dx, s.dOut, s.x, s.out}, {s.dx}});
  });
}

}  // namespace amr::cuda
