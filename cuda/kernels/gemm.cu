// gemm: by cuBLAS where the machine has it, else 64 x 64 tiles (tile.cuh). Where a product has few tiles and a long inner
// dimension (gradients of projections), that dimension is cut into slices by size alone; slices are summed by blocks of their own
// and added in order.
#include "kernels/kernels.h"
#include "tensorTile.cuh"
#include "tile.cuh"

namespace amr::cuda {
namespace {

/** The least depth of a slice, and the most slices. */
constexpr std::int64_t sliceDepth = 256, mostSlices = 64;

struct Target {
  float* out;  // [m, n], or one such matrix per slice
  std::int64_t m, n, k, depthPerSlice;
  float alpha, beta;
};

/**
 * Room: TileRoom, or TensorRoom for tensor cores. Tiles are counted in the grid's first dimension, the only one that may be
 * longer than 65,535; slices in the second.
 */
template <class Room>
__global__ void __launch_bounds__(blockThreads, Room::leastBlocks) multiplyTiles(Target s, Operand a, Operand b) {
  __shared__ Room room;
  const unsigned rowTiles = static_cast<unsigned>(ceilDivide(s.m, tileSide));
  const std::int64_t row = std::int64_t{blockIdx.x % rowTiles} * tileSide, column = std::int64_t{blockIdx.x / rowTiles} * tileSide;
  const std::int64_t begin = std::int64_t{blockIdx.y} * s.depthPerSlice, end = smaller(begin + s.depthPerSlice, s.k);
  float sums[tileEach][tileEach];
  multiplyTile(sums, room, a, row, s.m, b, column, s.n, begin, end);
  float* out = s.out + std::int64_t{blockIdx.y} * s.m * s.n;
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
  const std::int64_t tiles = ceilDivide(s.m, tileSide) * ceilDivide(s.n, tileSide), slices = slicesFor(tiles, s.k);
  const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(slices));
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
  addSlices(s.out, parts.data(), s.m * s.n, slices, s.alpha, s.beta, context);
}

}  // namespace amr::cuda
