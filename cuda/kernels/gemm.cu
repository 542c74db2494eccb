// gemm: by cuBLAS where the machine has it, else 64 x 64 tiles (tile.cuh). Where a product has few tiles and a long inner dimension (gradients of projections), that
// dimension is cut into slices by size alone; slices are summed by blocks of their own and added in order.
#include "kernels/kernels.h"
#include "tensorTile.cuh"
#include "tile.cuh"

namespace amr::cuda {
namespace {

/** Blocks that keep a large card busy, the least depth of a slice, and the most slices. */
constexpr std::int64_t enoughBlocks = 264, sliceDepth = 256, mostSlices = 64;

struct Target {
  float* out;  // [m, n], or one such matrix per slice
  std::int64_t m, n, k, depthPerSlice;
  float alpha, beta;
};

/** Room: TileRoom, or TensorRoom for tensor cores. */
template <class Room>
__global__ void __launch_bounds__(blockThreads, Room::leastBlocks) multiplyTiles(Target s, Operand a, Operand b) {
  __shared__ Room room;
  const std::int64_t row = std::int64_t{blockIdx.x} * tileSide, column = std::int64_t{blockIdx.y} * tileSide;
  const std::int64_t begin = std::int64_t{blockIdx.z} * s.depthPerSlice, end = smaller(begin + s.depthPerSlice, s.k);
  float sums[tileEach][tileEach];
  multiplyTile(sums, room, a, row, s.m, b, column, s.n, begin, end);
  float* out = s.out + std::int64_t{blockIdx.z} * s.m * s.n;
#pragma unroll
  for (int i = 0; i < tileEach; ++i) {
#pragma unroll
    for (int j = 0; j < tileEach; ++j) {
      const std::int64_t r = row + tileRow() + i, c = column + tileColumn() + j;
      if (r >= s.m || c >= s.n) continue;
      float& to = out[r * s.n + c];
      to = s.beta == 0.0f ? s.alpha * sums[i][j] : fmaf(s.beta, to, s.alpha * sums[i][j]);
    }
  }
}

__global__ void __launch_bounds__(blockThreads) addSlices(Target s, const float* parts, std::int64_t slices) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i >= s.m * s.n) return;
  float total = 0.0f;
  for (std::int64_t slice = 0; slice < slices; ++slice) total += parts[slice * s.m * s.n + i];
  s.out[i] = s.beta == 0.0f ? s.alpha * total : fmaf(s.beta, s.out[i], s.alpha * total);
}

void launchTiles(Context& context, const dim3& grid, const Target& target, const Operand& a, const Operand& b) {
  if (context.usesTensorCores()) AMR_LAUNCH(context, (multiplyTiles<TensorRoom>), grid, blockThreads, target, a, b);
  else AMR_LAUNCH(context, (multiplyTiles<TileRoom>), grid, blockThreads, target, a, b);
}

std::int64_t slicesFor(std::int64_t tiles, std::int64_t k) {
  return larger(1, smaller(smaller(enoughBlocks / tiles, k / sliceDepth), mostSlices));
}

}  // namespace

void gemm(const Gemm& s, Context& context) {
  if (s.m == 0 || s.n == 0) return;
  if (context.blas() != nullptr && s.k > 0) {
    return context.blas()->multiply({s.out, s.a, s.b, s.m, s.n, s.k, s.transposeA, s.transposeB, s.alpha, s.beta});
  }
  const Operand a = s.transposeA ? Operand{s.a, 1, s.m} : Operand{s.a, s.k, 1};
  const Operand b = s.transposeB ? Operand{s.b, s.k, 1} : Operand{s.b, 1, s.n};
  const unsigned rowTiles = blocksFor(s.m, tileSide), columnTiles = blocksFor(s.n, tileSide);
  const std::int64_t slices = slicesFor(std::int64_t{rowTiles} * columnTiles, s.k);
  const dim3 grid(rowTiles, columnTiles, static_cast<unsigned>(slices));
  const Target target{s.out, s.m, s.n, s.k, larger(1, ceilDivide(s.k, slices)), s.alpha, s.beta};
  if (slices == 1) {
    launchTiles(context, grid, target, a, b);
    return;
  }
  const Scratch<float> parts(context, slices * s.m * s.n);
  Target part = target;
  part.out = parts.data();
  part.alpha = 1.0f;
  part.beta = 0.0f;
  launchTiles(context, grid, part, a, b);
  AMR_LAUNCH(context, addSlices, blocksFor(s.m * s.n, blockThreads), blockThreads, target, parts.data(), slices);
}

}  // namespace amr::cuda
