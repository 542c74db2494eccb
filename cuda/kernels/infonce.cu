// InfoNCE and its backward: logits by tiles (tile.cuh), never all of them. Forward: a running maximum and sum per row. Backward:
// a block owns 64 rows of a (then of b) and meets the other side tile by tile, in ascending order. In both, few rows are spread
// over the card by slices of columns, joined in order: every number is added up in one order.
#include <cmath>

#include "kernels/kernels.h"
#include "tile.cuh"

namespace amr::cuda {
namespace {

constexpr std::int64_t leastColumns = 256;
constexpr int rowsPerWarp = tileSide / blockWarps;

/** Of `rows` those that are there: as many as the card knows of. */
__device__ std::int64_t rowsThere(std::int64_t rows, const std::int32_t* count) {
  return count == nullptr ? rows : smaller(rows, larger(0, *count));
}

/** sum of exp(logit - largest) over the columns of one slice. */
struct Part {
  double sum;
  float largest;
};

__global__ void __launch_bounds__(blockThreads, TileRoom::leastBlocks) sumSlices(Infonce s, Part* parts, std::int64_t columnsPerSlice) {
  __shared__ TileRoom room;
  __shared__ float logits[tileSide][tileSide + 1];
  const std::int64_t row = std::int64_t{blockIdx.x} * tileSide;
  if (row >= rowsThere(s.n, s.count)) return;
  const std::int64_t begin = std::int64_t{blockIdx.y} * columnsPerSlice, end = smaller(begin + columnsPerSlice, rowsThere(s.m, s.count));
  Part own[rowsPerWarp];
  for (int r = 0; r < rowsPerWarp; ++r) own[r] = {0.0, -INFINITY};
  for (std::int64_t column = begin; column < end; column += tileSide) {
    float sums[tileEach][tileEach];
    multiplyTile(sums, room, {s.a, s.d, 1}, row, s.n, {s.b, s.d, 1}, column, end, 0, s.d);
    const float inverse = 1.0f / s.temperature;
    for (int i = 0; i < tileEach; ++i) {
      for (int j = 0; j < tileEach; ++j) {
        const bool isInside = column + tileColumn() + j < end;
        logits[tileRow() + i][tileColumn() + j] = isInside ? sums[i][j] * inverse : -INFINITY;
      }
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < rowsPerWarp; ++r) {
      const float* values = logits[warpOf() * rowsPerWarp + r];
      const float low = values[laneOf()], high = values[laneOf() + warpLanes];
      const float next = fmaxf(own[r].largest, warpMaximum(fmaxf(low, high)));
      const float added = warpSum(expf(low - next) + expf(high - next));
      // Nothing has been added while the largest is minus infinity: exp(-inf - next) is 0, but not when next is -inf too.
      const double kept = own[r].largest == -INFINITY ? 0.0 : own[r].sum * static_cast<double>(expf(own[r].largest - next));
      own[r] = {kept + static_cast<double>(added) + (own[r].sum != own[r].sum ? own[r].sum : 0.0), next};
    }
    // The next tile's barriers come before the logits are written again.
  }
  if (laneOf() != 0) return;
#pragma unroll
  for (int r = 0; r < rowsPerWarp; ++r) {
    const std::int64_t at = row + warpOf() * rowsPerWarp + r;
    if (at < s.n) parts[at * gridDim.y + blockIdx.y] = own[r];
  }
}

/** A warp a row: the slices' sums, and the target's logit. */
__global__ void __launch_bounds__(blockThreads) finishRows(Infonce s, double* losses, const Part* parts, int slices) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  if (row >= rowsThere(s.n, s.count)) {
    if (laneOf() == 0) losses[row] = 0.0;
    return;
  }
  float product = 0.0f;
  const float* a = s.a + row * s.d;
  const float* b = s.b + (s.targets == nullptr ? row : std::int64_t{s.targets[row]}) * s.d;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) product = fmaf(a[c], b[c], product);
  product = warpSum(product);
  if (laneOf() != 0) return;
  float largest = -INFINITY;
  for (int slice = 0; slice < slices; ++slice) largest = fmaxf(largest, parts[row * slices + slice].largest);
  double sum = 0.0;
  for (int slice = 0; slice < slices; ++slice) {
    const Part& part = parts[row * slices + slice];
    sum += part.sum * exp(static_cast<double>(part.largest) - static_cast<double>(largest));
  }
  const double whole = static_cast<double>(largest) + log(sum);
  s.logSumExp[row] = static_cast<float>(whole);
  losses[row] = whole - static_cast<double>(product * (1.0f / s.temperature));
}

// -- backward --------------------------------------------------------------------------------------------------------

/** One side of the backward: gradients of x [rows, d] against y [columns, d], added to dx: [rows, d], or one such per slice. */
struct Side {
  float* dx;
  const float* x;
  const float* y;
  std::int64_t rows, columns, d;
  const std::int32_t* targets;
  const std::int32_t* count;
  const float* logSumExp;
  float inverse, weight;
  /** of the anchors; null where each counts one part of all that are there */
  const float* rowWeights;
  /** x is a: logSumExp and targets belong to the rows; else to the columns */
  bool ownsTargets;

  /** p = weight of the anchor * (exp(logit - logSumExp) - [target]), 0 outside the matrix. */
  __device__ float slope(float product, std::int64_t row, std::int64_t column) const {
    if (row >= rows || column >= columns) return 0.0f;
    const std::int64_t anchor = ownsTargets ? row : column, other = ownsTargets ? column : row;
    const float own = rowWeights == nullptr ? weight : weight * rowWeights[anchor];
    const float p = own * expf(fmaf(product, inverse, -logSumExp[anchor]));
    return (targets == nullptr ? anchor : targets[anchor]) == other ? p - own : p;
  }
};

__global__ void __launch_bounds__(blockThreads, TileRoom::leastBlocks) addGradients(Side s, std::int64_t columnsPerSlice) {
  __shared__ TileRoom room;
  __shared__ SquareTile slopes;  // [column][row]
  __shared__ SquareTile others;  // [column][component]
  const std::int64_t row = std::int64_t{blockIdx.x} * tileSide;
  const std::int64_t begin = std::int64_t{blockIdx.y} * columnsPerSlice, end = smaller(begin + columnsPerSlice, s.columns);
  float* dx = s.dx + std::int64_t{blockIdx.y} * s.rows * s.d;
  s.rows = rowsThere(s.rows, s.count);
  s.columns = rowsThere(s.columns, s.count);
  if (row >= s.rows) return;  // parts of several slices begin as zeros
  if (s.rowWeights == nullptr) s.weight /= static_cast<float>(s.ownsTargets ? s.rows : s.columns);
  for (std::int64_t column = begin; column < end; column += tileSide) {
    float sums[tileEach][tileEach];
    multiplyTile(sums, room, {s.x, s.d, 1}, row, s.rows, {s.y, s.d, 1}, column, s.columns, 0, s.d);
    for (int i = 0; i < tileEach; ++i) {
      for (int j = 0; j < tileEach; ++j) {
        slopes.at[tileColumn() + j][tileRow() + i] = s.slope(sums[i][j], row + tileRow() + i, column + tileColumn() + j);
      }
    }
    for (std::int64_t first = 0; first < s.d; first += tileSide) {
      for (int at = static_cast<int>(threadIdx.x); at < tileSide * tileSide; at += blockThreads) {
        const int i = at / tileSide, c = at % tileSide;
        const bool isInside = column + i < s.columns && first + c < s.d;
        others.at[i][c] = isInside ? s.y[(column + i) * s.d + first + c] : 0.0f;
      }
      __syncthreads();
      for (int i = 0; i < tileEach; ++i) {
        for (int j = 0; j < tileEach; ++j) sums[i][j] = 0.0f;
      }
#pragma unroll 8
      for (int k = 0; k < tileSide; ++k) {
        const float4 left = *reinterpret_cast<const float4*>(&slopes.at[k][tileRow()]);
        const float4 right = *reinterpret_cast<const float4*>(&others.at[k][tileColumn()]);
        const float lefts[tileEach] = {left.x, left.y, left.z, left.w}, rights[tileEach] = {right.x, right.y, right.z, right.w};
        for (int i = 0; i < tileEach; ++i) {
          for (int j = 0; j < tileEach; ++j) sums[i][j] = fmaf(lefts[i], rights[j], sums[i][j]);
        }
      }
      for (int i = 0; i < tileEach; ++i) {
        for (int j = 0; j < tileEach; ++j) {
          const std::int64_t r = row + tileRow() + i, c = first + tileColumn() + j;
          if (r < s.rows && c < s.d) dx[r * s.d + c] += sums[i][j];
        }
      }
      __syncthreads();
    }
  }
}

void addSide(Side s, Context& context) {
  const Slices slices = slicesOf(s.rows, s.columns, leastColumns);
  const dim3 grid(blocksFor(s.rows, tileSide), static_cast<unsigned>(slices.count));
  if (slices.count == 1) {
    AMR_LAUNCH(context, addGradients, grid, blockThreads, s, slices.each);
    return;
  }
  const std::int64_t elements = s.rows * s.d;
  const Scratch<float> parts(context, slices.count * elements);
  context.zero(parts.data(), slices.count * elements * static_cast<std::int64_t>(sizeof(float)));
  float* const dx = s.dx;
  s.dx = parts.data();
  AMR_LAUNCH(context, addGradients, grid, blockThreads, s, slices.each);
  addSlices(dx, parts.data(), elements, slices.count, 1.0f, 1.0f, context);
}

}  // namespace

void infonce(const Infonce& s, Context& context) {
  const Scratch<double> losses(context, s.n);
  if (s.n > 0) {
    const Slices slices = slicesOf(s.n, s.m, leastColumns);
    const int count = static_cast<int>(slices.count);
    const Scratch<Part> parts(context, s.n * slices.count);
    const dim3 grid(blocksFor(s.n, tileSide), static_cast<unsigned>(count));
    AMR_LAUNCH(context, sumSlices, grid, blockThreads, s, parts.data(), slices.each);
    AMR_LAUNCH(context, finishRows, blocksFor(s.n, blockWarps), blockThreads, s, losses.data(), parts.data(), count);
  }
  sumDoubles(s.loss, losses.data(), s.n, 1.0, static_cast<double>(s.n), context, s.count);
}

void infonceBackward(const InfonceBackward& s, Context& context) {
  if (s.n == 0) return;
  const float inverse = 1.0f / s.temperature;
  const float weight = s.upstream * inverse;
  const Side a{s.da, s.a, s.b, s.n, s.m, s.d, s.targets, s.count, s.logSumExp, inverse, weight, s.rowWeights, true};
  const Side b{s.db, s.b, s.a, s.m, s.n, s.d, s.targets, s.count, s.logSumExp, inverse, weight, s.rowWeights, false};
  addSide(a, context);
  addSide(b, context);
}

}  // namespace amr::cuda
