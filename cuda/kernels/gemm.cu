// gemm: by cuBLAS where the machine has it, else 64 x 64 tiles (tile.cuh). Where a product has few tiles and a long inner
// dimension (gradients of projections), that dimension is cut into slices by size alone; slices are summed by blocks of their own
// and added in order.
#include "kernels/kernels.h"
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

/** Tiles are counted in the grid's first dimension, the only one that may be longer than 65,535; slices in the second. */
__global__ void __launch_bounds__(blockThreads, TileRoom::leastBlocks) multiplyTiles(Target s, Operand a, Operand b) {
  __shared__ TileRoom room;
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

std::int64_t slicesFor(std::int64_t tiles, std::int64_t k) {
  return larger(1, smaller(smaller(enoughBlocks / tiles, k / sliceDepth), mostSlices));
}

/** By our own tiles, in float32. */
void multiplyPlain(const Gemm& s, Context& context) {
  const Operand a = s.transposeA ? Operand{s.a, 1, s.m} : Operand{s.a, s.k, 1};
  const Operand b = s.transposeB ? Operand{s.b, s.k, 1} : Operand{s.b, 1, s.n};
  const std::int64_t rowTiles = ceilDivide(s.m, tileSide), tiles = rowTiles * ceilDivide(s.n, tileSide);
  // Slices, and so the order of adding, are those of the whole product also where other cards have the other columns.
  const ColumnShare& share = context.share();
  const std::int64_t columns = share.phase == ColumnShare::Phase::columns ? s.n * share.cards : s.n;
  const std::int64_t slices = slicesFor(rowTiles * ceilDivide(columns, tileSide), s.k);
  const dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(slices));
  const Target target{s.out, s.m, s.n, s.k, larger(1, ceilDivide(s.k, slices)), s.alpha, s.beta};
  if (slices == 1) {
    AMR_LAUNCH(context, multiplyTiles, grid, blockThreads, target, a, b);
    return;
  }
  const Scratch<float> parts(context, slices * s.m * s.n);
  Target part = target;
  part.out = parts.data();
  part.alpha = 1.0f;
  part.beta = 0.0f;
  AMR_LAUNCH(context, multiplyTiles, grid, blockThreads, part, a, b);
  addSlices(s.out, parts.data(), s.m * s.n, slices, s.alpha, s.beta, context);
}

// -- bfloat16 ------------------------------------------------------------------------------------------------------------------

/** The upper half of a float32, to nearest, ties to even; not a number stays so. */
__device__ std::uint32_t bfloatOf(float value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(__float_as_int(value));
  return value != value ? (bits >> 16) | 0x40u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}
__device__ float floatOf(std::uint32_t upperHalf) { return __int_as_float(static_cast<int>(upperHalf << 16)); }

/** A thread has an element of the packed matrix [m, k], whose value (row, step) is x[row * rowStride + step * stepStride]. */
__global__ void __launch_bounds__(blockThreads) packPairs(std::int32_t* packed, const float* x, std::int64_t m, std::int64_t k, std::int64_t panel,
                                                          std::int64_t rowStride, std::int64_t stepStride) {
  const std::int64_t at = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x, pairs = (k + 1) / 2;
  if (at >= ceilDivide(m, panel) * panel * pairs) return;
  const std::int64_t row = at / (panel * pairs) * panel + at % panel, step = at % (panel * pairs) / panel * 2;
  const float low = row < m ? x[row * rowStride + step * stepStride] : 0.0f;
  const float high = row < m && step + 1 < k ? x[row * rowStride + (step + 1) * stepStride] : 0.0f;
  packed[at] = static_cast<std::int32_t>(bfloatOf(low) | bfloatOf(high) << 16);
}

/** out[n] = x as bfloat16, two a thread. */
__global__ void __launch_bounds__(blockThreads) roundToHalf(std::uint16_t* out, const float* x, std::int64_t n) {
  const std::int64_t i = (std::int64_t{blockIdx.x} * blockThreads + threadIdx.x) * 2;
  if (i < n) out[i] = static_cast<std::uint16_t>(bfloatOf(x[i]));
  if (i + 1 < n) out[i + 1] = static_cast<std::uint16_t>(bfloatOf(x[i + 1]));
}

/** out[n] = x rounded to bfloat16, in float32. */
__global__ void __launch_bounds__(blockThreads) roundToFloat(float* out, const float* x, std::int64_t n) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i < n) out[i] = floatOf(bfloatOf(x[i]));
}

/** out[m, k] = the packed matrix in float32. */
__global__ void __launch_bounds__(blockThreads) unpackPairs(float* out, const std::int32_t* packed, std::int64_t m, std::int64_t k, std::int64_t panel) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x, pairs = (k + 1) / 2;
  if (i >= m * k) return;
  const std::int64_t row = i / k, step = i % k;
  const std::uint32_t pair = static_cast<std::uint32_t>(packed[row / panel * panel * pairs + step / 2 * panel + row % panel]);
  out[i] = floatOf(step % 2 == 0 ? pair & 0xffffu : pair >> 16);
}

}  // namespace

void gemm(const Gemm& s, Context& context) {
  if (s.m == 0 || s.n == 0) return;
  if (context.blas() == nullptr || s.k == 0) return multiplyPlain(s, context);
  const std::int64_t rowOfA = s.transposeA ? s.m : s.k;
  context.blas()->multiply({s.out, s.a, s.b, s.m, s.n, s.k, rowOfA, s.transposeA, s.transposeB, false, s.alpha, s.beta}, context.precision());
}

void packBfloat(const PackBfloat& s, Context& context) {
  const std::int64_t m = s.transpose ? s.d : s.n, k = s.transpose ? s.n : s.d, count = bfloatElements(m, k, s.panel);
  if (count == 0) return;
  const std::int64_t rowStride = s.transpose ? 1 : s.d, stepStride = s.transpose ? s.d : 1;
  AMR_LAUNCH(context, packPairs, blocksFor(count, blockThreads), blockThreads, s.packed, s.x, m, k, s.panel, rowStride, stepStride);
}

/** cuBLAS reads rows that lie one after the other, as panels of one row do; else both operands are made float32 and multiplied as such. */
void bfloatGemm(const BfloatGemm& s, Context& context) {
  if (s.m == 0 || s.n == 0) return;
  if (s.k == 0) return multiplyPlain({s.out, nullptr, s.b, s.m, s.n, 0, false, false, s.alpha, s.beta}, context);
  const std::int64_t sizeOfB = s.k * s.n;
  if (context.blas() != nullptr && s.panel == 1) {
    const Scratch<std::uint16_t> b(context, sizeOfB);
    AMR_LAUNCH(context, roundToHalf, blocksFor(sizeOfB, 2 * blockThreads), blockThreads, b.data(), s.b, sizeOfB);
    const std::int64_t rowOfA = (s.k + 1) / 2 * 2;
    return context.blas()->multiply({s.out, s.a, b.data(), s.m, s.n, s.k, rowOfA, false, false, true, s.alpha, s.beta}, Precision::bf16);
  }
  const Scratch<float> a(context, s.m * s.k), b(context, sizeOfB);
  AMR_LAUNCH(context, unpackPairs, blocksFor(s.m * s.k, blockThreads), blockThreads, a.data(), s.a, s.m, s.k, s.panel);
  AMR_LAUNCH(context, roundToFloat, blocksFor(sizeOfB, blockThreads), blockThreads, b.data(), s.b, sizeOfB);
  multiplyPlain({s.out, a.data(), b.data(), s.m, s.n, s.k, false, false, s.alpha, s.beta}, context);
}

}  // namespace amr::cuda
