// leastSquaresRows: a block takes the steps of one row; its vectors lie in memory of the block, which the next of its rows takes over.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr float smallestResidual = 1e-20f;
/** Blocks that fill a large card several times over. */
constexpr std::int64_t mostBlocks = 1056;

/** The sum of one value per thread, in every thread, in a fixed order; all threads of the block come. */
__device__ float sumOfBlock(float value) {
  __shared__ float warps[blockWarps];
  value = warpSum(value);
  __syncthreads();  // what an earlier call left has been read
  if (laneOf() == 0) warps[warpOf()] = value;
  __syncthreads();
  float total = 0.0f;
  for (int warp = 0; warp < blockWarps; ++warp) total += warps[warp];
  return total;
}

__device__ float dotOfBlock(const float* a, const float* b, std::int64_t d) {
  float sum = 0.0f;
  for (std::int64_t c = threadIdx.x; c < d; c += blockThreads) sum = fmaf(a[c], b[c], sum);
  return sumOfBlock(sum);
}

/** image = A from; a thread owns columns of the image, and sees all of `from`. */
__device__ void applyTo(const LeastSquaresRows& s, std::int64_t row, float* image, const float* from) {
  __syncthreads();
  for (std::int64_t c = threadIdx.x; c < s.d; c += blockThreads) {
    float sum = s.regularisation[row] * from[c];
    for (std::int64_t i = 0; i < s.d; ++i) sum = fmaf(from[i], s.gram[i * s.d + c], sum);
    image[c] = sum;
  }
  for (std::int64_t e = s.pattern.offsets[row]; e < s.pattern.offsets[row + 1]; ++e) {
    const float* other = s.y + s.pattern.indices[e] * s.d;
    const float product = (s.weight - 1.0f) * dotOfBlock(other, from, s.d);
    for (std::int64_t c = threadIdx.x; c < s.d; c += blockThreads) image[c] = fmaf(product, other[c], image[c]);
  }
  __syncthreads();
}

__device__ void solveRow(const LeastSquaresRows& s, std::int64_t row, float* memory) {
  const std::int64_t d = s.d, first = s.pattern.offsets[row], last = s.pattern.offsets[row + 1];
  float* const x = s.out + row * d;
  float* const residual = memory;
  float* const direction = memory + d;
  float* const image = memory + 2 * d;
  if (first == last) {
    for (std::int64_t c = threadIdx.x; c < d; c += blockThreads) x[c] = 0.0f;
    return;
  }
  applyTo(s, row, image, x);
  for (std::int64_t c = threadIdx.x; c < d; c += blockThreads) {
    float sum = -image[c];
    for (std::int64_t e = first; e < last; ++e) sum = fmaf(s.weight, s.y[s.pattern.indices[e] * d + c], sum);
    residual[c] = direction[c] = sum;
  }
  float square = dotOfBlock(residual, residual, d);
  for (std::int64_t step = 0; step < s.steps && square >= smallestResidual; ++step) {
    applyTo(s, row, image, direction);
    const float length = square / dotOfBlock(direction, image, d);
    for (std::int64_t c = threadIdx.x; c < d; c += blockThreads) {
      x[c] = fmaf(length, direction[c], x[c]);
      residual[c] = fmaf(-length, image[c], residual[c]);
    }
    const float next = dotOfBlock(residual, residual, d);
    for (std::int64_t c = threadIdx.x; c < d; c += blockThreads) direction[c] = fmaf(next / square, direction[c], residual[c]);
    square = next;
  }
}

__global__ void __launch_bounds__(blockThreads) solveRows(LeastSquaresRows s, float* memory) {
  float* const own = memory + std::int64_t{blockIdx.x} * 3 * s.d;
  for (std::int64_t row = blockIdx.x; row < s.pattern.rows; row += gridDim.x) {
    solveRow(s, row, own);
    __syncthreads();
  }
}

}  // namespace

void leastSquaresRows(const LeastSquaresRows& s, Context& context) {
  if (s.pattern.rows == 0) return;
  const std::int64_t blocks = smaller(s.pattern.rows, mostBlocks);
  const Scratch<float> memory(context, blocks * 3 * s.d);
  AMR_LAUNCH(context, solveRows, static_cast<unsigned>(blocks), blockThreads, s, memory.data());
}

}  // namespace amr::cuda
