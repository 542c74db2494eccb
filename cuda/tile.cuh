#pragma once
#include "launch.cuh"

/**
 * The product of 64 rows and 64 columns, by one block of 256 threads: the part gemm, the top-k searches and InfoNCE share.
 * Operands are staged through shared memory 16 deep; each thread keeps 4 x 4 sums in registers.
 */
namespace amr::cuda {

constexpr int tileSide = 64, tileDepth = 16, tileEach = 4, tileThreadsSide = tileSide / tileEach;
/** A row of a staged tile: padded so that storing columns does not meet one bank of shared memory. */
constexpr int tileStride = tileSide + 4;

/** A matrix with any strides: element (i, k) is data[i * row + k * depth]. */
struct Operand {
  const float* data;
  std::int64_t row, depth;
};

struct alignas(16) TileRoom {
  static constexpr int leastBlocks = 0;  // as the compiler likes
  float a[tileDepth][tileStride];
  float b[tileDepth][tileStride];
};

/** A whole tile in shared memory, to be read in fours. */
struct alignas(16) SquareTile {
  float at[tileSide][tileStride];
};

/** Where the calling thread's 4 x 4 sums lie in the tile: rows tileRow()..+4, columns tileColumn()..+4. */
__device__ inline int tileRow() { return static_cast<int>(threadIdx.x) / tileThreadsSide * tileEach; }
__device__ inline int tileColumn() { return static_cast<int>(threadIdx.x) % tileThreadsSide * tileEach; }

/** staged[k][i] = element (first + i, begin + k), zero outside [0, count) and at or beyond `end`. */
__device__ inline void stage(float (*staged)[tileStride], const Operand& x, std::int64_t first, std::int64_t count, std::int64_t begin,
                             std::int64_t end) {
  for (int at = static_cast<int>(threadIdx.x); at < tileSide * tileDepth; at += blockThreads) {
    // Neighbouring threads take neighbouring addresses, whichever way the matrix lies.
    const int i = x.depth == 1 ? at / tileDepth : at % tileSide;
    const int k = x.depth == 1 ? at % tileDepth : at / tileSide;
    const bool isInside = first + i < count && begin + k < end;
    staged[k][i] = isInside ? x.data[(first + i) * x.row + (begin + k) * x.depth] : 0.0f;
  }
}

/** sums = the products of a's rows from `row` (of `rows`) and b's rows from `column` (of `columns`) over [begin, end). */
__device__ inline void multiplyTile(float (&sums)[tileEach][tileEach], TileRoom& room, const Operand& a, std::int64_t row,
                                    std::int64_t rows, const Operand& b, std::int64_t column, std::int64_t columns,
                                    std::int64_t begin, std::int64_t end) {
#pragma unroll
  for (int i = 0; i < tileEach; ++i) {
#pragma unroll
    for (int j = 0; j < tileEach; ++j) sums[i][j] = 0.0f;
  }
  for (std::int64_t k = begin; k < end; k += tileDepth) {
    stage(room.a, a, row, rows, k, end);
    stage(room.b, b, column, columns, k, end);
    __syncthreads();
#pragma unroll
    for (int depth = 0; depth < tileDepth; ++depth) {
      const float4 left = *reinterpret_cast<const float4*>(&room.a[depth][tileRow()]);
      const float4 right = *reinterpret_cast<const float4*>(&room.b[depth][tileColumn()]);
      const float lefts[tileEach] = {left.x, left.y, left.z, left.w}, rights[tileEach] = {right.x, right.y, right.z, right.w};
#pragma unroll
      for (int i = 0; i < tileEach; ++i) {
#pragma unroll
        for (int j = 0; j < tileEach; ++j) sums[i][j] = fmaf(lefts[i], rights[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
}

}  // namespace amr::cuda
