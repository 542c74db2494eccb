#pragma once
#include <cuda_pipeline.h>
#include <mma.h>
#if !defined(__CUDACC__)
#define AMR_BULK_COPIES 1
#include <bulk_copy.h>
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define AMR_BULK_COPIES 1
#include "bulkCopy.cuh"
#endif

#include "tile.cuh"

/**
 * The tile of tile.cuh on tensor cores, nearly as exact as float32: every number is cut into two of TF32's 11 bits (x = big +
 * small up to 2^-22 of x), and a product is small * big + big * small + big * big. What tensor cores add they round towards
 * zero, so sums of 16 products are added up outside of them.
 *
 * The next 16 columns are on their way to shared memory while these are multiplied: 4 or 16 bytes a thread by cp.async (sm_80),
 * or whole rows by bulk copies (sm_90 and later, where rows lie on 16 bytes).
 */
namespace amr::cuda {

constexpr int tensorStride = tileDepth + 4;  // fragments are read without two rows meeting in a bank of shared memory
constexpr int fragmentSide = 16, fragmentDepth = 8, fragmentsPerWarp = 2;

/** Two staged slices while the product runs, its result after it. */
struct alignas(128) TensorRoom {
  /** Blocks to be resident at least: with more than two the compiler spills registers. */
  static constexpr int leastBlocks = 2;
  union {
    struct {
      float a[2][tileSide][tensorStride];
      float b[2][tileSide][tensorStride];
    } staged;
    float out[tileSide][tileStride];
    TileRoom plain;
  };
  int hasInfinite;
#if defined(AMR_BULK_COPIES)
  BulkBarrier arrived[2];
#endif
};

/** 64 rows of an operand from row `first` of `count`, columns up to `end`. */
struct Slab {
  Operand x;
  std::int64_t first, count, end;

  /** Whether any 16 columns from a multiple of 4 can be copied 16 bytes at a time; the same in every thread. */
  __device__ bool isAligned(std::int64_t begin) const {
    return x.depth == 1 && x.row % 4 == 0 && (end - begin) % 4 == 0 && begin % 4 == 0 && reinterpret_cast<std::uintptr_t>(x.data) % 16 == 0;
  }
};

/** Starts copying columns [k, k + 16) of the slab to `staged`; what lies outside becomes zero. */
__device__ inline void startCopies(float (*staged)[tensorStride], const Slab& s, std::int64_t k, bool isAligned) {
  if (isAligned) {
    constexpr int fours = tileDepth / 4;
    const int row = static_cast<int>(threadIdx.x) / fours, column = static_cast<int>(threadIdx.x) % fours * 4;
    const bool isInside = s.first + row < s.count && k + column < s.end;
    const float* from = isInside ? s.x.data + (s.first + row) * s.x.row + k + column : s.x.data;
    __pipeline_memcpy_async(&staged[row][column], from, 16, isInside ? 0 : 16);
    return;
  }
  for (int at = static_cast<int>(threadIdx.x); at < tileSide * tileDepth; at += blockThreads) {
    // Neighbouring threads take neighbouring addresses, whichever way the matrix lies.
    const int row = s.x.depth == 1 ? at / tileDepth : at % tileSide, column = s.x.depth == 1 ? at % tileDepth : at / tileSide;
    const bool isInside = s.first + row < s.count && k + column < s.end;
    const float* from = isInside ? s.x.data + (s.first + row) * s.x.row + (k + column) * s.x.depth : s.x.data;
    __pipeline_memcpy_async(&staged[row][column], from, 4, isInside ? 0 : 4);
  }
}

/** big becomes its upper TF32 half, small the rest. Returns whether all is finite: infinities times the rest would be NaN. */
template <class Fragment>
__device__ bool split(Fragment& big, Fragment& small) {
  bool isFinite = true;
#pragma unroll
  for (int e = 0; e < static_cast<int>(Fragment::num_elements); ++e) {
    const float whole = big.x[e], upper = nvcuda::wmma::__float_to_tf32(whole);
    big.x[e] = upper;
    small.x[e] = nvcuda::wmma::__float_to_tf32(whole - upper);
    isFinite = isFinite && fabsf(upper) <= 3.402823466e38f;
  }
  return isFinite;
}

using Sums = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, fragmentSide, fragmentSide, fragmentDepth, float>;

/** Adds the products of one staged slice to the warp's 16 rows and 32 columns; isFinite becomes false where they are not. */
__device__ inline void multiplySlice(bool& isFinite, Sums (&totals)[fragmentsPerWarp], const float (*a)[tensorStride], const float (*b)[tensorStride]) {
  namespace wmma = nvcuda::wmma;
  using Left = wmma::fragment<wmma::matrix_a, fragmentSide, fragmentSide, fragmentDepth, wmma::precision::tf32, wmma::row_major>;
  using Right = wmma::fragment<wmma::matrix_b, fragmentSide, fragmentSide, fragmentDepth, wmma::precision::tf32, wmma::col_major>;
  const int row = warpOf() / 2 * fragmentSide, column = warpOf() % 2 * (fragmentsPerWarp * fragmentSide);
  Sums parts[fragmentsPerWarp];
#pragma unroll
  for (int j = 0; j < fragmentsPerWarp; ++j) wmma::fill_fragment(parts[j], 0.0f);
#pragma unroll 1
  for (int k = 0; k < tileDepth; k += fragmentDepth) {  // unrolled, it does not fit into registers
    Left left, leftSmall;
    wmma::load_matrix_sync(left, &a[row][k], tensorStride);
    isFinite = split(left, leftSmall) && isFinite;
#pragma unroll
    for (int j = 0; j < fragmentsPerWarp; ++j) {
      Right right, rightSmall;
      wmma::load_matrix_sync(right, &b[column + j * fragmentSide][k], tensorStride);
      isFinite = split(right, rightSmall) && isFinite;
      wmma::mma_sync(parts[j], leftSmall, right, parts[j]);
      wmma::mma_sync(parts[j], left, rightSmall, parts[j]);
      wmma::mma_sync(parts[j], left, right, parts[j]);
    }
  }
#pragma unroll
  for (int j = 0; j < fragmentsPerWarp; ++j) {
#pragma unroll
    for (int e = 0; e < static_cast<int>(Sums::num_elements); ++e) totals[j].x[e] += parts[j].x[e];
  }
}

/** The slices of both operands one after the other, each copied while the one before is multiplied; by cp.async. */
__device__ inline void multiplySlices(bool& isFinite, Sums (&totals)[fragmentsPerWarp], TensorRoom& room, const Slab& a, const Slab& b, std::int64_t begin) {
  const bool alignedA = a.isAligned(begin), alignedB = b.isAligned(begin);
  const auto start = [&](std::int64_t k, int buffer) {
    if (k < a.end) {
      startCopies(room.staged.a[buffer], a, k, alignedA);
      startCopies(room.staged.b[buffer], b, k, alignedB);
    }
    __pipeline_commit();
  };
  start(begin, 0);
  int buffer = 0;
  for (std::int64_t k = begin; k < a.end; k += tileDepth, buffer ^= 1) {
    start(k + tileDepth, buffer ^ 1);
    __pipeline_wait_prior(1);
    __syncthreads();
    multiplySlice(isFinite, totals, room.staged.a[buffer], room.staged.b[buffer]);
    __syncthreads();
  }
  __pipeline_wait_prior(0);
}

#if defined(AMR_BULK_COPIES)
/** The same by bulk copies: thread t moves row t of a's slice, or row t - 64 of b's. Both slabs are aligned. */
__device__ inline void multiplyBulkSlices(bool& isFinite, Sums (&totals)[fragmentsPerWarp], TensorRoom& room, const Slab& a, const Slab& b,
                                          std::int64_t begin) {
  storesBeforeCopies();  // the last tile's result lies where the slices go
  __syncthreads();
  if (threadIdx.x == 0) {
    openBarrier(room.arrived[0]);
    openBarrier(room.arrived[1]);
  }
  __syncthreads();
  const int thread = static_cast<int>(threadIdx.x), row = thread % tileSide;
  const bool isA = thread < tileSide, moves = thread < 2 * tileSide;
  const std::int64_t ownRow = (isA ? a.first : b.first) + row, stride = isA ? a.x.row : b.x.row;
  const bool isInside = moves && ownRow < (isA ? a.count : b.count);
  const float* from = (isA ? a.x.data : b.x.data) + (isInside ? ownRow * stride : 0);
  const auto rowsOf = [](const Slab& s) { return static_cast<unsigned>(smaller(larger(s.count - s.first, 0), tileSide)); };
  const unsigned rows = rowsOf(a) + rowsOf(b);
  const auto start = [&](std::int64_t k, int buffer) {
    if (k >= a.end) return;
    const int columns = static_cast<int>(smaller(tileDepth, a.end - k));
    float* to = isA ? room.staged.a[buffer][row] : room.staged.b[buffer][row];
    if (thread == 0) expectBytes(room.arrived[buffer], rows * static_cast<unsigned>(columns) * 4u);
    if (isInside) copyBulk(to, from + k, static_cast<unsigned>(columns) * 4u, room.arrived[buffer]);
    if (moves) {
      for (int column = isInside ? columns : 0; column < tileDepth; ++column) to[column] = 0.0f;
    }
  };
  start(begin, 0);
  __syncthreads();
  int buffer = 0;
  unsigned parities = 0;
  for (std::int64_t k = begin; k < a.end; k += tileDepth, buffer ^= 1) {
    start(k + tileDepth, buffer ^ 1);
    waitFor(room.arrived[buffer], parities >> buffer & 1u);
    parities ^= 1u << buffer;
    multiplySlice(isFinite, totals, room.staged.a[buffer], room.staged.b[buffer]);
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    closeBarrier(room.arrived[0]);
    closeBarrier(room.arrived[1]);
  }
}
#endif

/** As multiplyTile of tile.cuh, which also does what is not finite. Afterwards room.out is free, and in use again by the next one. */
__device__ inline void multiplyTile(float (&sums)[tileEach][tileEach], TensorRoom& room, const Operand& a, std::int64_t row,
                                    std::int64_t rows, const Operand& b, std::int64_t column, std::int64_t columns, std::int64_t begin,
                                    std::int64_t end) {
  Sums totals[fragmentsPerWarp];
#pragma unroll
  for (int j = 0; j < fragmentsPerWarp; ++j) nvcuda::wmma::fill_fragment(totals[j], 0.0f);
  if (threadIdx.x == 0) room.hasInfinite = 0;
  bool isFinite = true;
  const Slab left{a, row, rows, end}, right{b, column, columns, end};
#if defined(AMR_BULK_COPIES)
  if (copiesInBulk() && left.isAligned(begin) && right.isAligned(begin)) multiplyBulkSlices(isFinite, totals, room, left, right, begin);
  else multiplySlices(isFinite, totals, room, left, right, begin);
#else
  multiplySlices(isFinite, totals, room, left, right, begin);
#endif
  // Both end with a barrier: the result takes the place of the slices.
  if (!isFinite) room.hasInfinite = 1;
  const int firstRow = warpOf() / 2 * fragmentSide, firstColumn = warpOf() % 2 * (fragmentsPerWarp * fragmentSide);
#pragma unroll
  for (int j = 0; j < fragmentsPerWarp; ++j) {
    nvcuda::wmma::store_matrix_sync(&room.out[firstRow][firstColumn + j * fragmentSide], totals[j], tileStride, nvcuda::wmma::mem_row_major);
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < tileEach; ++i) {
#pragma unroll
    for (int j = 0; j < tileEach; ++j) sums[i][j] = room.out[tileRow() + i][tileColumn() + j];
  }
  if (room.hasInfinite == 0) return;
  __syncthreads();
  multiplyTile(sums, room.plain, a, row, rows, b, column, columns, begin, end);
}

}  // namespace amr::cuda
