// Element-wise kernels: axpby, multiply, unary, unaryBackward, adam. A thread has four neighbouring elements, which it reads and
// writes as 16 bytes where the arrays allow it. It reads all before it writes, so outputs may be the very same elements as inputs.
#include <cmath>

#include "kernels/kernels.h"
#include "lanes.cuh"

namespace amr::cuda {
namespace {

constexpr int elementsPerThread = 4;

/** What an operation reads and writes: to[.][i] = operation(from[.][i]). */
template <class Operation>
struct Elements {
  Operation operation;
  const float* from[Operation::inputs];
  float* to[Operation::outputs];
};

template <int width, class Operation>
__device__ void applyAt(const Elements<Operation>& s, std::int64_t i) {
  constexpr int inputs = Operation::inputs, outputs = Operation::outputs;
  Lanes<width> in[inputs], out[outputs];
#pragma unroll
  for (int j = 0; j < inputs; ++j) in[j] = loadLanes<width>(s.from[j] + i);
#pragma unroll
  for (int c = 0; c < width; ++c) {
    float x[inputs], y[outputs];
#pragma unroll
    for (int j = 0; j < inputs; ++j) x[j] = in[j].v[c];
    s.operation(x, y);
#pragma unroll
    for (int j = 0; j < outputs; ++j) out[j].v[c] = y[j];
  }
#pragma unroll
  for (int j = 0; j < outputs; ++j) storeLanes<width>(s.to[j] + i, out[j]);
}

template <class Operation>
__global__ void __launch_bounds__(blockThreads) eachElement(Elements<Operation> s, std::int64_t n, bool fours) {
  const std::int64_t begin = (std::int64_t{blockIdx.x} * blockThreads + threadIdx.x) * elementsPerThread;
  if (fours && begin + elementsPerThread <= n) return applyAt<elementsPerThread>(s, begin);
  const std::int64_t end = smaller(begin + elementsPerThread, n);
  for (std::int64_t i = begin; i < end; ++i) applyAt<1>(s, i);
}

template <class Operation>
void forElements(Context& context, std::int64_t n, const Elements<Operation>& s) {
  if (n == 0) return;
  bool fours = true;
  for (const float* array : s.from) fours = fours && inFours(elementsPerThread, array);
  for (const float* array : s.to) fours = fours && inFours(elementsPerThread, array);
  const unsigned blocks = blocksFor(n, std::int64_t{blockThreads} * elementsPerThread);
  AMR_LAUNCH(context, (eachElement<Operation>), blocks, blockThreads, s, n, fours);
}

struct Scale {
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
  static constexpr int inputs = 1, outputs = 1;
  float slope;
  __device__ void operator()(const float (&x)[1], float (&out)[1]) const { out[0] = valueOf<f>(x[0], slope); }
};
/** Of x and out only what the derivative uses is read. */
template <UnaryFunction f>
struct Accumulate {
  static constexpr int inputs = 4, outputs = 1;
  float slope;
  __device__ void operator()(const float (&x)[4], float (&dx)[1]) const {
    dx[0] = fmaf(x[1], derivativeOf<f>(x[2], x[3], slope), x[0]);
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
    case F::count: return;
  }
}

/** Reads parameter, m, v and gradient; writes the first three. */
struct AdamStep {
  static constexpr int inputs = 4, outputs = 3;
  float beta1, beta2, rest1, rest2, rate, correction, epsilon, keep;
  __device__ void operator()(const float (&x)[4], float (&out)[3]) const {
    const float g = x[3], first = fmaf(beta1, x[1], rest1 * g), second = fmaf(beta2, x[2], rest2 * g * g);
    out[0] = x[0] * keep - rate * first / fmaf(sqrtf(second), correction, epsilon);
    out[1] = first;
    out[2] = second;
  }
};

/** base^exponent by squaring, as on the CPU, so that both devices correct by the same number. */
double power(double base, std::int64_t exponent) {
  double result = 1.0;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

void axpby(const Axpby& s, Context& context) {
  // With beta 0 the old values are not read: they may be anything.
  if (s.beta == 0.0f) forElements(context, s.n, Elements<Scale>{{s.alpha}, {s.x}, {s.out}});
  else forElements(context, s.n, Elements<Blend>{{s.alpha, s.beta}, {s.x, s.out}, {s.out}});
}

void multiply(const Multiply& s, Context& context) {
  if (s.beta == 0.0f) forElements(context, s.n, Elements<Product>{{}, {s.a, s.b}, {s.out}});
  else forElements(context, s.n, Elements<AddProduct>{{s.beta}, {s.a, s.b, s.out}, {s.out}});
}

void unary(const Unary& s, Context& context) {
  dispatch(s.f, [&](auto f) { forElements(context, s.n, Elements<Apply<decltype(f)::value>>{{s.slope}, {s.x}, {s.out}}); });
}

void unaryBackward(const UnaryBackward& s, Context& context) {
  dispatch(s.f, [&](auto f) {
    forElements(context, s.n, Elements<Accumulate<decltype(f)::value>>{{s.slope}, {s.dx, s.dOut, s.x, s.out}, {s.dx}});
  });
}

void adam(const Adam& s, Context& context) {
  const AdamStep step{static_cast<float>(s.beta1), static_cast<float>(s.beta2),
                      static_cast<float>(1.0 - s.beta1), static_cast<float>(1.0 - s.beta2),
                      static_cast<float>(s.learningRate / (1.0 - power(s.beta1, s.step))),
                      static_cast<float>(1.0 / std::sqrt(1.0 - power(s.beta2, s.step))),
                      static_cast<float>(s.epsilon), static_cast<float>(1.0 - s.learningRate * s.weightDecay)};
  forElements(context, s.n, Elements<AdamStep>{step, {s.parameter, s.m, s.v, s.gradient}, {s.parameter, s.m, s.v}});
}

}  // namespace amr::cuda
