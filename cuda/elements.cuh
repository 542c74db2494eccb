#pragma once
#include "lanes.cuh"

/**
 * Element-wise operations: a thread has four neighbouring elements, which it reads and writes as 16 bytes where the arrays allow
 * it. It reads all before it writes, so outputs may be the very same elements as inputs.
 */
namespace amr::cuda {

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

}  // namespace amr::cuda
