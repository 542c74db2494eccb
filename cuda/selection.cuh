#pragma once
#include <cmath>

#include "launch.cuh"
#include "search.cuh"
#include "tile.cuh"

/**
 * What the searches for the k best share: scores and ids as keys in one total order, lists that take 32 candidates at once, the scores of a
 * tile. As the order is total, neither slices nor the order in which blocks run change a bit.
 */
namespace amr::cuda {

/** A score and an id as one number, larger is better; the order of the CPU: NaN as minus infinity, ties to the lower id. Never 0. */
using Key = unsigned long long;

__device__ inline Key keyOf(float score, std::int32_t id) {
  if (score != score) score = -INFINITY;
  score += 0.0f;  // -0 becomes 0
  unsigned bits = static_cast<unsigned>(__float_as_int(score));
  bits = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return static_cast<Key>(bits) << 32 | ~static_cast<unsigned>(id);
}
__device__ inline float scoreOf(Key key) {
  const unsigned bits = static_cast<unsigned>(key >> 32);
  return __int_as_float(static_cast<int>((bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits));
}
__device__ inline std::int32_t idOf(Key key) { return static_cast<std::int32_t>(~static_cast<unsigned>(key)); }

__device__ inline Key better(Key a, Key b) { return a > b ? a : b; }

struct Search {
  const float* a;  // [rows, d]
  const float* b;  // [columns, d]
  const float* aScale;  // scores are products times aScale[row] * bScale[column]; null for neither
  const float* bScale;
  const std::int32_t* maskOffsets;  // columns left out, ascending in a row; null for none
  const std::int32_t* maskIndices;
  std::int64_t rows, columns, d, k;
  bool excludeSelf;

  __device__ bool isLeftOut(std::int64_t row, std::int64_t column) const {
    if (excludeSelf && row == column) return true;
    if (maskOffsets == nullptr) return false;
    const std::int32_t begin = maskOffsets[row];
    return contains(maskIndices + begin, maskOffsets[row + 1] - begin, static_cast<std::int32_t>(column));
  }
  __device__ float scoreAt(float product, std::int64_t row, std::int64_t column) const {
    return aScale == nullptr ? product : product * (aScale[row] * bScale[column]);
  }
};

/** The warp's keys, descending over its lanes: a bitonic network. */
__device__ inline Key sortedByLanes(Key key) {
  for (int size = 2; size <= warpLanes; size *= 2) {
    for (int flip = size / 2; flip > 0; flip /= 2) {
      const Key other = __shfl_xor_sync(wholeWarp, key, flip);
      const bool descends = (laneOf() & size) == 0, isFirst = (laneOf() & flip) == 0;
      if ((other > key) == (isFirst == descends)) key = other;
    }
  }
  return key;
}

/** How many of the lanes' descending keys are above `key`. The whole warp calls it. */
__device__ inline int countAbove(Key sorted, Key key) {
  int count = 0;
  for (int step = warpLanes / 2; step > 0; step /= 2) {
    if (__shfl_sync(wholeWarp, sorted, count + step - 1) > key) count += step;
  }
  return count + (__shfl_sync(wholeWarp, sorted, count) > key ? 1 : 0);
}

/** How many keys of a descending list are above `key`. */
__device__ inline int countAboveInList(const Key* list, int k, Key key) {
  int low = 0, high = k;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (list[middle] > key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts the lanes' keys (0: none), which are not in it, into the descending list of k; the last ones fall out. The whole warp calls it. */
__device__ inline void mergeInto(Key* list, int k, Key key) {
  const Key own = sortedByLanes(key);
  const int place = laneOf() + countAboveInList(list, k, own), first = __shfl_sync(wholeWarp, place, 0);
  // From the end, so that what moves down is written where everything was read.
  for (int base = (k - 1) / warpLanes * warpLanes; base >= 0 && base + warpLanes > first; base -= warpLanes) {
    const int i = base + laneOf();
    const Key held = i < k ? list[i] : 0;
    const int to = i + countAbove(own, held);
    __syncwarp();
    if (to < k && to != i) list[to] = held;
    __syncwarp();
  }
  if (own != 0 && place < k) list[place] = own;
  __syncwarp();
}

/** indices and scores [k] from descending keys, of which 0 is a place that nothing took. The whole warp calls it. */
__device__ inline void writeList(std::int32_t* indices, float* scores, const Key* keys, std::int64_t k) {
  for (std::int64_t j = laneOf(); j < k; j += warpLanes) {
    const Key key = keys[j];
    indices[j] = key == 0 ? -1 : idOf(key);
    scores[j] = key == 0 ? -INFINITY : scoreOf(key);
  }
}

/** As searchRows for lists that are too long to merge into: all scores of some rows at a time, and a radix selection. */
void searchLongLists(std::int32_t* indices, float* scores, const Search& search, Context& context);

}  // namespace amr::cuda
