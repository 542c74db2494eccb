// transpose: a block turns squares of 32 x 32 in shared memory, so that both sides are read and written along rows.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr int side = 32;

__global__ void __launch_bounds__(blockThreads) turnSquares(Transpose s, std::int64_t across) {
  __shared__ float square[side][side + 1];
  const std::int64_t row = blockIdx.x / across * side, column = blockIdx.x % across * side;
  for (int i = warpOf(); i < side; i += blockWarps) {
    const std::int64_t r = row + i, c = column + laneOf();
    if (r < s.n && c < s.d) square[i][laneOf()] = s.x[r * s.d + c];
  }
  __syncthreads();
  for (int i = warpOf(); i < side; i += blockWarps) {
    const std::int64_t r = row + laneOf(), c = column + i;
    if (r >= s.n || c >= s.d) continue;
    float* const out = s.out + c * s.n + r;
    *out = s.beta == 0.0f ? square[laneOf()][i] : fmaf(s.beta, *out, square[laneOf()][i]);
  }
}

}  // namespace

void transpose(const Transpose& s, Context& context) {
  if (s.n == 0) return;
  const std::int64_t across = ceilDivide(s.d, side), squares = ceilDivide(s.n, side) * across;
  AMR_LAUNCH(context, turnSquares, static_cast<unsigned>(squares), blockThreads, s, across);
}

}  // namespace amr::cuda
