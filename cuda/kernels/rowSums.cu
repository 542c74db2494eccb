// Sums along rows: rowDot, normalizeRows, softmaxRows and their backward. One warp a row, float64 sums in the order of the lanes.
#include <cmath>

#include "columnBlocks.cuh"
#include "kernels/kernels.h"

namespace amr::cuda {
namespace {

/** Shorter rows are divided by this, so that a zero row stays zero. */
constexpr float shortest = 1e-12f;

__device__ double dotOf(const float* a, const float* b, std::int64_t d) {
  double total = 0.0;
  for (std::int64_t c = laneOf(); c < d; c += warpLanes) total = fma(static_cast<double>(a[c]), static_cast<double>(b[c]), total);
  return warpSum(total);
}

/** Null `out`: only the blocks of this card's columns. */
__global__ void __launch_bounds__(blockThreads) dotRows(RowDot s, RowBlocks blocks, float* out) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const float* a = s.a + row * s.d;
  const float* b = s.b + row * s.d;
  const double total = sumColumns(s.d, [=](std::int64_t c) { return static_cast<double>(a[c]) * static_cast<double>(b[c]); }, blocks.own(row, 0));
  if (out != nullptr && laneOf() == 0) out[row] = static_cast<float>(total);
}

__global__ void __launch_bounds__(blockThreads) addRowBlocks(float* out, RowBlocks blocks) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (row < blocks.rows) out[row] = static_cast<float>(blocks.sum(row, 0));
}

__global__ void __launch_bounds__(blockThreads) normalize(NormalizeRows s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const float* x = s.x + row * s.d;
  const float norm = static_cast<float>(sqrt(dotOf(x, x, s.d)));
  if (laneOf() == 0) s.norms[row] = norm;
  const float divisor = norm < shortest ? shortest : norm;  // a NaN norm passes
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) s.out[row * s.d + c] = x[c] / divisor;
}

/** d(x / |x|) = (dOut - out (out . dOut)) / |x|; where the length was below the bound the divisor is a constant. */
__global__ void __launch_bounds__(blockThreads) normalizeBackward(NormalizeRowsBackward s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const float* out = s.out + row * s.d;
  const float* dOut = s.dOut + row * s.d;
  const bool isConstant = s.norms[row] < shortest;
  const float product = static_cast<float>(-dotOf(out, dOut, s.d));
  const float along = isConstant ? 0.0f : product;
  const float divisor = isConstant ? shortest : s.norms[row];
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) s.dx[row * s.d + c] += fmaf(along, out[c], dOut[c]) / divisor;
}

/** Shifted by the row's largest element, or by 0 where that is minus infinity; what NaN does to the shift does not matter. */
__global__ void __launch_bounds__(blockThreads) softmax(SoftmaxRows s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const float* x = s.x + row * s.d;
  float* out = s.out + row * s.d;
  float largest = -INFINITY;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) largest = fmaxf(largest, x[c]);
  largest = warpMaximum(largest);
  const float shift = largest > -INFINITY ? largest : 0.0f;
  double sum = 0.0;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) sum += static_cast<double>(expf(x[c] - shift));
  sum = warpSum(sum);
  if (laneOf() == 0) s.logSumExp[row] = static_cast<float>(static_cast<double>(shift) + log(sum));
  const float inverse = static_cast<float>(1.0 / sum);
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) out[c] = expf(x[c] - shift) * inverse;
}

__global__ void __launch_bounds__(blockThreads) softmaxBackward(SoftmaxRowsBackward s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const float* out = s.out + row * s.d;
  const float* dOut = s.dOut + row * s.d;
  float* dx = s.dx + row * s.d;
  const float mean = static_cast<float>(dotOf(out, dOut, s.d));
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) dx[c] = fmaf(out[c], dOut[c] - mean, dx[c]);
}

}  // namespace

void rowDot(const RowDot& s, Context& context) {
  if (s.n == 0) return;
  const ColumnShare::Phase phase = context.share().phase;
  const RowBlocks blocks = rowBlocks(context, s.n, s.d, 1);
  if (phase == ColumnShare::Phase::rest) {
    AMR_LAUNCH(context, addRowBlocks, blocksFor(s.n, blockThreads), blockThreads, s.out, blocks);
    return;
  }
  float* const out = phase == ColumnShare::Phase::blocks ? nullptr : s.out;
  AMR_LAUNCH(context, dotRows, blocksFor(s.n, blockWarps), blockThreads, s, blocks, out);
}
void normalizeRows(const NormalizeRows& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, normalize, blocksFor(s.n, blockWarps), blockThreads, s);
}
void normalizeRowsBackward(const NormalizeRowsBackward& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, normalizeBackward, blocksFor(s.n, blockWarps), blockThreads, s);
}
void softmaxRows(const SoftmaxRows& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, softmax, blocksFor(s.n, blockWarps), blockThreads, s);
}
void softmaxRowsBackward(const SoftmaxRowsBackward& s, Context& context) {
  if (s.n > 0) AMR_LAUNCH(context, softmaxBackward, blocksFor(s.n, blockWarps), blockThreads, s);
}

}  // namespace amr::cuda
