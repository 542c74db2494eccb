#pragma once
#include <cuda_runtime.h>

#include <cstdint>

#include "runtime/context.h"

/**
 * Launches a kernel on the context's stream and checks that it could start. Parentheses around a kernel with template
 * arguments: AMR_LAUNCH(context, (row<4, 16>), grid, block, arguments...). Where the kernels are compiled for the host
 * (test/cudaOnHost) the same line runs the grid at once.
 */
#if defined(__CUDACC__)
#define AMR_LAUNCH(context, kernel, grid, block, ...)                        \
  do {                                                                       \
    kernel<<<(grid), (block), 0, (context).stream()>>>(__VA_ARGS__); \
    ::amr::cuda::check(cudaGetLastError(), #kernel, __FILE__, __LINE__);     \
  } while (false)
#else
#define AMR_LAUNCH(context, kernel, grid, block, ...)                        \
  do {                                                                       \
    cudaOnHost::launchKernel(#kernel, (grid), (block), (context).stream(), kernel, __VA_ARGS__); \
    ::amr::cuda::check(cudaGetLastError(), #kernel, __FILE__, __LINE__);     \
  } while (false)
#endif

namespace amr::cuda {

constexpr int blockThreads = 256, warpLanes = 32, blockWarps = blockThreads / warpLanes;
constexpr unsigned wholeWarp = 0xffffffffu;

__host__ __device__ inline std::int64_t ceilDivide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
__host__ __device__ inline std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
__host__ __device__ inline std::int64_t larger(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

/** Blocks of `each` for `n` of something; n > 0 (an empty grid is an error). */
inline unsigned blocksFor(std::int64_t n, std::int64_t each) { return static_cast<unsigned>(ceilDivide(n, each)); }

/** Whether rows of d floats may be read four at a time. */
inline bool inFours(std::int64_t d, const void* a, const void* b = nullptr, const void* c = nullptr) {
  const auto bits = reinterpret_cast<std::uintptr_t>(a) | reinterpret_cast<std::uintptr_t>(b) | reinterpret_cast<std::uintptr_t>(c);
  return d % 4 == 0 && bits % 16 == 0;
}

/** Writes 16 bytes at an address that is a multiple of 16. An assignment of a float4 is split into four stores by nvcc for sm_80 and sm_90. */
__device__ inline void storeFour(float* out, float4 values) { __stwb(reinterpret_cast<float4*>(out), values); }

/** The sum over the warp, in a fixed order, in every lane. */
template <class T>
__device__ inline T warpSum(T value) {
  for (int flip = 16; flip > 0; flip /= 2) value += __shfl_xor_sync(wholeWarp, value, flip);
  return value;
}
__device__ inline float warpMaximum(float value) {
  for (int flip = 16; flip > 0; flip /= 2) value = fmaxf(value, __shfl_xor_sync(wholeWarp, value, flip));
  return value;
}

__device__ inline int laneOf() { return static_cast<int>(threadIdx.x % warpLanes); }
__device__ inline int warpOf() { return static_cast<int>(threadIdx.x / warpLanes); }

}  // namespace amr::cuda
