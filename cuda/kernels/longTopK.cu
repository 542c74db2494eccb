// Long lists of the best (topK.cu has the others): the scores of as many rows as fit into some memory are written as keys; then a block a
// row finds the k-th largest key, digit by digit from the top, collects those from it on and sorts them. Counts and places in shared memory
// are whole numbers, and the collected set is sorted at the end: the same bits whatever the order.
#include "kernels/kernels.h"
#include "selection.cuh"

namespace amr::cuda {
namespace {

/** For the keys of the rows that are looked at together. */
constexpr std::int64_t keysAtOnce = std::int64_t{1} << 23;
constexpr int digitBits = 8, digits = 1 << digitBits;

/** keys[r, c] of rows [first, first + rows): 0 for what is left out. A block has a tile. */
__global__ void __launch_bounds__(blockThreads, TileRoom::leastBlocks) writeKeys(Key* keys, Search s, std::int64_t first, std::int64_t rows) {
  __shared__ TileRoom room;
  const unsigned rowTiles = static_cast<unsigned>(ceilDivide(rows, tileSide));
  const std::int64_t row = first + std::int64_t{blockIdx.x % rowTiles} * tileSide, column = std::int64_t{blockIdx.x / rowTiles} * tileSide;
  float sums[tileEach][tileEach];
  multiplyTile(sums, room, {s.a, s.d, 1}, row, first + rows, {s.b, s.d, 1}, column, s.columns, 0, s.d);
#pragma unroll
  for (int i = 0; i < tileEach; ++i) {
#pragma unroll
    for (int j = 0; j < tileEach; ++j) {
      const std::int64_t r = row + tileRow() + i, c = column + tileColumn() + j;
      if (r >= first + rows || c >= s.columns) continue;
      keys[(r - first) * s.columns + c] = s.isLeftOut(r, c) ? 0 : keyOf(s.scoreAt(sums[i][j], r, c), static_cast<std::int32_t>(c));
    }
  }
}

/** The digit in which the `wanted`-th largest lies, how many of it are wanted, and how many have it. */
struct Digit {
  int value;
  std::int64_t wanted, count;
};

/** sorted[row, width] = the k largest keys of each row, descending, then 0. width: a power of two, k or more. A block a row. */
__global__ void __launch_bounds__(blockThreads) selectLargest(Key* sorted, const Key* keys, std::int64_t columns, std::int64_t k, std::int64_t width) {
  __shared__ unsigned counts[digits];
  __shared__ Digit digit;
  __shared__ unsigned taken;
  keys += std::int64_t{blockIdx.x} * columns;
  sorted += std::int64_t{blockIdx.x} * width;
  const int thread = static_cast<int>(threadIdx.x);
  Key prefix = 0;  // of the k-th largest, its lower digits 0
  std::int64_t wanted = k;
  for (int shift = 64 - digitBits; shift >= 0; shift -= digitBits) {
    for (int i = thread; i < digits; i += blockThreads) counts[i] = 0;
    __syncthreads();
    const Key mask = shift + digitBits == 64 ? 0 : ~Key{0} << (shift + digitBits);
    for (std::int64_t c = thread; c < columns; c += blockThreads) {
      if ((keys[c] & mask) == prefix) atomicAdd(&counts[keys[c] >> shift & (digits - 1)], 1u);
    }
    __syncthreads();
    if (thread == 0) {
      Digit found{digits - 1, wanted, counts[digits - 1]};
      while (found.value > 0 && found.count < found.wanted) {
        found.wanted -= found.count;
        found.count = counts[--found.value];
      }
      digit = found;
    }
    __syncthreads();
    const Digit found = digit;
    prefix |= static_cast<Key>(found.value) << shift;
    wanted = found.wanted;
    __syncthreads();
    if (found.count <= wanted) break;  // all that have this digit are wanted
  }
  if (thread == 0) taken = 0;
  for (std::int64_t i = thread; i < width; i += blockThreads) sorted[i] = 0;
  __syncthreads();
  for (std::int64_t c = thread; c < columns; c += blockThreads) {
    if (keys[c] != 0 && keys[c] >= prefix) sorted[atomicAdd(&taken, 1u)] = keys[c];
  }
  __syncthreads();
  for (std::int64_t size = 2; size <= width; size *= 2) {
    for (std::int64_t flip = size / 2; flip > 0; flip /= 2) {
      for (std::int64_t i = thread; i < width / 2; i += blockThreads) {
        const std::int64_t first = i / flip * flip * 2 + i % flip, second = first + flip;
        const Key a = sorted[first], b = sorted[second];
        const bool descends = (first & size) == 0;
        sorted[first] = (a > b) == descends ? a : b;
        sorted[second] = (a > b) == descends ? b : a;
      }
      __syncthreads();
    }
  }
}

/** A warp a row. */
__global__ void __launch_bounds__(blockThreads) writeLists(std::int32_t* indices, float* scores, const Key* sorted, std::int64_t rows, std::int64_t k,
                                                           std::int64_t width) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row < rows) writeList(indices + row * k, scores + row * k, sorted + row * width, k);
}

}  // namespace

void searchLongLists(std::int32_t* indices, float* scores, const Search& s, Context& context) {
  std::int64_t width = 2;
  while (width < s.k) width *= 2;
  const std::int64_t columns = larger(1, s.columns);
  const std::int64_t most = smaller(s.rows, larger(1, keysAtOnce / larger(columns, width)));
  const Scratch<Key> keys(context, most * columns), sorted(context, most * width);
  for (std::int64_t first = 0; first < s.rows; first += most) {
    const std::int64_t rows = smaller(most, s.rows - first), tiles = ceilDivide(rows, tileSide) * ceilDivide(s.columns, tileSide);
    if (tiles > 0) AMR_LAUNCH(context, writeKeys, static_cast<unsigned>(tiles), blockThreads, keys.data(), s, first, rows);
    AMR_LAUNCH(context, selectLargest, static_cast<unsigned>(rows), blockThreads, sorted.data(), keys.data(), s.columns, s.k, width);
    AMR_LAUNCH(context, writeLists, blocksFor(rows, blockWarps), blockThreads, indices + first * s.k, scores + first * s.k, sorted.data(), rows, s.k,
               width);
  }
}

}  // namespace amr::cuda
