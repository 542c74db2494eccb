// Element-wise kernels: axpby, multiply, unary, unaryBackward. One thread an element; outputs may be the very same
// elements as inputs, so nothing is declared free of aliases.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr int elementsPerThread = 4;

template <class Function>
__global__ void __launch_bounds__(blockThreads) eachElement(Function function, std::int64_t n) {
  const std::int64_t begin = std::int64_t{blockIdx.x} * (blockThreads * elementsPerThread) + threadIdx.x;
#pragma unroll
  for (int j = 0; j < elementsPerThread; ++j) {
    const std::int64_t i = begin + j * blockThreads;
    if (i < n) function(i);
  }
}

template <class Function>
void forElements(Context& context, std::int64_t n, Function function) {
  if (n == 0) return;
  AMR_LAUNCH(context, (eachElement<Function>), blocksFor(n, blockThreads * elementsPerThread), blockThreads, function, n);
}

struct Blend {
  Axpby s;
  __device__ void operator()(std::int64_t i) const {
    const float scaled = s.alpha * s.x[i];
    s.out[i] = s.beta == 0.0f ? scaled : fmaf(s.beta, s.out[i], scaled);
  }
};

struct Product {
  Multiply s;
  __device__ void operator()(std::int64_t i) const {
    s.out[i] = s.beta == 0.0f ? s.a[i] * s.b[i] : fmaf(s.a[i], s.b[i], s.beta * s.out[i]);
  }
};

__device__ float sigmoidOf(float x) {
  const float t = expf(-fabsf(x));  // never overflows
  return (x < 0.0f ? t : 1.0f) / (1.0f + t);
}

template <UnaryFunction f>
__device__ float valueOf(float x, float slope) {
  if constexpr (f == UnaryFunction::leakyRelu) return x > 0.0f ? x : slope * x;
  if constexpr (f == UnaryFunction::relu) return x <= 0.0f ? 0.0f : x;
  if constexpr (f == UnaryFunction::sigmoid) return sigmoidOf(x);
  if constexpr (f == UnaryFunction::tanh) return tanhf(x);
  if constexpr (f == UnaryFunction::exp) return expf(x);
  if constexpr (f == UnaryFunction::log) return logf(x);
  if constexpr (f == UnaryFunction::sqrt) return sqrtf(x);
  if constexpr (f == UnaryFunction::softplus) return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x)));
  if constexpr (f == UnaryFunction::square) return x * x;
  if constexpr (f == UnaryFunction::abs) return fabsf(x);
  return -x;
}

template <UnaryFunction f>
__device__ float derivativeOf(float x, float out, float slope) {
  if constexpr (f == UnaryFunction::leakyRelu) return x > 0.0f ? 1.0f : slope;
  if constexpr (f == UnaryFunction::relu) return x > 0.0f ? 1.0f : 0.0f;
  if constexpr (f == UnaryFunction::sigmoid) return out * (1.0f - out);
  if constexpr (f == UnaryFunction::tanh) return 1.0f - out * out;
  if constexpr (f == UnaryFunction::exp) return out;
  if constexpr (f == UnaryFunction::log) return 1.0f / x;
  if constexpr (f == UnaryFunction::sqrt) return 0.5f / out;
  if constexpr (f == UnaryFunction::softplus) return sigmoidOf(x);
  if constexpr (f == UnaryFunction::square) return x + x;
  if constexpr (f == UnaryFunction::abs) return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;
  return -1.0f;
}

template <UnaryFunction f>
struct Apply {
  Unary s;
  __device__ void operator()(std::int64_t i) const { s.out[i] = valueOf<f>(s.x[i], s.slope); }
};

template <UnaryFunction f>
struct Accumulate {
  UnaryBackward s;
  __device__ void operator()(std::int64_t i) const {
    s.dx[i] = fmaf(s.dOut[i], derivativeOf<f>(s.x[i], s.out[i], s.slope), s.dx[i]);
  }
};

/** Calls apply with the function's number as a compile-time constant. */
template <template <UnaryFunction> class Function, class Arguments>
void dispatch(const Arguments& s, Context& context) {
  using F = UnaryFunction;
  switch (s.f) {
    case F::leakyRelu: return forElements(context, s.n, Function<F::leakyRelu>{s});
    case F::relu: return forElements(context, s.n, Function<F::relu>{s});
    case F::sigmoid: return forElements(context, s.n, Function<F::sigmoid>{s});
    case F::tanh: return forElements(context, s.n, Function<F::tanh>{s});
    case F::exp: return forElements(context, s.n, Function<F::exp>{s});
    case F::log: return forElements(context, s.n, Function<F::log>{s});
    case F::sqrt: return forElements(context, s.n, Function<F::sqrt>{s});
    case F::softplus: return forElements(context, s.n, Function<F::softplus>{s});
    case F::square: return forElements(context, s.n, Function<F::square>{s});
    case F::abs: return forElements(context, s.n, Function<F::abs>{s});
    case F::negate: return forElements(context, s.n, Function<F::negate>{s});
    case F::count: return;
  }
}

}  // namespace

void axpby(const Axpby& s, Context& context) { forElements(context, s.n, Blend{s}); }
void multiply(const Multiply& s, Context& context) { forElements(context, s.n, Product{s}); }
void unary(const Unary& s, Context& context) { dispatch<Apply>(s, context); }
void unaryBackward(const UnaryBackward& s, Context& context) { dispatch<Accumulate>(s, context); }

}  // namespace amr::cuda
