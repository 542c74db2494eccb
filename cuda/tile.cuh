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

/** Blocks of a grid that keep a large card busy: two for each of an H100's 132 multiprocessors. */
constexpr std::int64_t enoughBlocks = 264;

/** Columns cut into `count` slices of `each`, a multiple of tileSide. */
struct Slices {
  std::int64_t count, each;
};
/** One slice where the tiles of `rows` fill a card alone, else as many as do that, of `least` columns or more; by size alone. */
inline Slices slicesOf(std::int64_t rows, std::int64_t columns, std::int64_t least) {
  const std::int64_t wanted = larger(1, smaller(enoughBlocks / ceilDivide(rows, tileSide), columns / least));
  const std::int64_t each = larger(1, ceilDivide(ceilDivide(columns, wanted), tileSide)) * tileSide;
  return {larger(1, ceilDivide(columns, each)), each};
}

struct alignas(16) TileRoom {
  /** Blocks to be resident at least: while one waits for its next slice, others multiply. For sm_120 three would spill registers. */
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1200
  static constexpr int leastBlocks = 2;
#else
  static constexpr int leastBlocks = 3;
#endif
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

/**
 * One thread's part in staging an operand: 4 of a slice's 64 x 16 numbers, zero outside the matrix. They are fetched into
 * registers while the slice before is multiplied, and stored when that is done.
 */
class Stager {
 public:
  /** For rows from `first` of `count`, columns from `begin`. */
  __device__ Stager(const Operand& x, std::int64_t first, std::int64_t count, std::int64_t begin) {
    // Neighbouring threads take neighbouring addresses, whichever way the matrix lies.
    const int thread = static_cast<int>(threadIdx.x);
    const bool alongDepth = x.depth == 1;
    i_ = alongDepth ? thread / tileDepth : thread % tileSide;
    k_ = alongDepth ? thread % tileDepth : thread / tileSide;
    rowStep_ = alongDepth ? blockThreads / tileDepth : 0;
    depthStep_ = alongDepth ? 0 : blockThreads / tileSide;
    rows_ = static_cast<int>(smaller(count - first, tileSide));
    next_ = x.data + (first + i_) * x.row + (begin + k_) * x.depth;
    step_ = rowStep_ * x.row + depthStep_ * x.depth;
    slice_ = tileDepth * x.depth;
  }
  /** Reads the next slice, of which `depth` columns or more lie inside. */
  __device__ void fetch(std::int64_t depth) {
#pragma unroll
    for (int j = 0; j < each; ++j) {
      const bool isInside = i_ + j * rowStep_ < rows_ && k_ + j * depthStep_ < depth;
      held_[j] = isInside ? next_[j * step_] : 0.0f;
    }
    next_ += slice_;
  }
  /** staged[k][i] = element (first + i, begin + k) of the slice fetched last. */
  __device__ void store(float (*staged)[tileStride]) const {
#pragma unroll
    for (int j = 0; j < each; ++j) staged[k_ + j * depthStep_][i_ + j * rowStep_] = held_[j];
  }

 private:
  static constexpr int each = tileSide * tileDepth / blockThreads;
  const float* next_;
  std::int64_t step_, slice_;
  int i_, k_, rowStep_, depthStep_, rows_;
  float held_[each];
};

/** sums = the products of a's rows from `row` (of `rows`) and b's rows from `column` (of `columns`) over [begin, end). */
__device__ inline void multiplyTile(float (&sums)[tileEach][tileEach], TileRoom& room, const Operand& a, std::int64_t row,
                                    std::int64_t rows, const Operand& b, std::int64_t column, std::int64_t columns,
                                    std::int64_t begin, std::int64_t end) {
#pragma unroll
  for (int i = 0; i < tileEach; ++i) {
#pragma unroll
    for (int j = 0; j < tileEach; ++j) sums[i][j] = 0.0f;
  }
  Stager ofA(a, row, rows, begin), ofB(b, column, columns, begin);
  ofA.fetch(end - begin);
  ofB.fetch(end - begin);
  for (std::int64_t k = begin; k < end; k += tileDepth) {
    ofA.store(room.a);
    ofB.store(room.b);
    __syncthreads();
    ofA.fetch(end - k - tileDepth);  // nothing after the last slice
    ofB.fetch(end - k - tileDepth);
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
