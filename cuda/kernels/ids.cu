// Ids: sorting them, the runs of equal ids that scatterRows takes, and tables of ids by row. A training step needs nothing of
// this from the host.
//
// A batch's ids are sorted by one block; more, or larger ones, by tiles (bitonic), then merges in which each finds its place by itself.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

/** An id in the upper half and a position in the lower: sorted by id, then by position; no two are equal. */
using IdKey = unsigned long long;

constexpr int sortedTile = 512;

/** Each block sorts 512 keys; beyond n they are the largest. */
__global__ void __launch_bounds__(sortedTile / 2) sortTiles(IdKey* keys, const std::int32_t* ids, std::int64_t n) {
  __shared__ IdKey tile[sortedTile];
  const std::int64_t begin = std::int64_t{blockIdx.x} * sortedTile;
  for (int i = static_cast<int>(threadIdx.x); i < sortedTile; i += sortedTile / 2) {
    const std::int64_t at = begin + i;
    tile[i] = at < n ? static_cast<IdKey>(static_cast<unsigned>(ids[at])) << 32 | static_cast<IdKey>(at) : ~IdKey{0};
  }
  for (int size = 2; size <= sortedTile; size *= 2) {
    for (int gap = size / 2; gap > 0; gap /= 2) {
      __syncthreads();
      const int thread = static_cast<int>(threadIdx.x), low = thread / gap * gap * 2 + thread % gap, high = low + gap;
      const bool ascends = (low & size) == 0;
      const IdKey a = tile[low], b = tile[high];
      if ((a > b) == ascends) tile[low] = b, tile[high] = a;
    }
  }
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < sortedTile && begin + i < n; i += sortedTile / 2) keys[begin + i] = tile[i];
}

/** Neighbouring runs of `run` keys become one: an element's place is its own plus how many of the other run are smaller. */
__global__ void __launch_bounds__(blockThreads) mergeRuns(IdKey* out, const IdKey* keys, std::int64_t run, std::int64_t n) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i >= n) return;
  const IdKey key = keys[i];
  const std::int64_t own = i / run * run, other = smaller(own / run % 2 == 0 ? own + run : own - run, n);
  std::int64_t low = other, high = smaller(other + run, n);
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  out[smaller(own, other) + (i - own) + (low - other)] = key;
}

__global__ void __launch_bounds__(blockThreads) copyIds(std::int32_t* out, IdPart part) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i < part.count) out[i] = part.ids[i] + part.add;
}

// -- runs: how many begin in each piece of 256 keys, where each piece's runs go, then the runs -----------------------------

__device__ unsigned idIn(IdKey key) { return static_cast<unsigned>(key >> 32); }
__device__ bool beginsRun(const IdKey* keys, std::int64_t i, std::int64_t n) {
  return i < n && (i == 0 || idIn(keys[i - 1]) != idIn(keys[i]));
}

__global__ void __launch_bounds__(blockThreads) countRuns(std::int32_t* counts, const IdKey* keys, std::int64_t n) {
  __shared__ int warps[blockWarps];
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  const unsigned begins = __ballot_sync(wholeWarp, beginsRun(keys, i, n));
  if (laneOf() == 0) warps[warpOf()] = __popc(begins);
  __syncthreads();
  if (threadIdx.x != 0) return;
  int total = 0;
  for (int warp = 0; warp < blockWarps; ++warp) total += warps[warp];
  counts[blockIdx.x] = total;
}

/** counts[i] = the sum of those before it, counts[pieces] = of all; one warp. */
__global__ void __launch_bounds__(warpLanes) sumCounts(std::int32_t* counts, std::int64_t pieces) {
  int carried = 0;
  for (std::int64_t begin = 0; begin < pieces; begin += warpLanes) {
    const std::int64_t i = begin + laneOf();
    const int own = i < pieces ? counts[i] : 0;
    int sum = own;
    for (int step = 1; step < warpLanes; step *= 2) {
      const int before = __shfl_up_sync(wholeWarp, sum, static_cast<unsigned>(step));
      if (laneOf() >= step) sum += before;
    }
    if (i < pieces) counts[i] = carried + sum - own;
    carried += __shfl_sync(wholeWarp, sum, warpLanes - 1);
  }
  if (laneOf() == 0) counts[pieces] = carried;
}

__global__ void __launch_bounds__(blockThreads) writeRuns(SortSegments s, std::int32_t* distinct, std::int64_t perRow,
                                                           const std::int32_t* counts, const IdKey* keys) {
  __shared__ int warps[blockWarps];
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  const bool begins = beginsRun(keys, i, s.n);
  const unsigned lanes = __ballot_sync(wholeWarp, begins);
  if (laneOf() == 0) warps[warpOf()] = __popc(lanes);
  __syncthreads();
  if (i >= s.n) return;
  int run = counts[blockIdx.x] - 1 + __popc(lanes & (~0u >> (warpLanes - 1 - laneOf())));
  for (int warp = 0; warp < warpOf(); ++warp) run += warps[warp];
  const std::int32_t position = static_cast<std::int32_t>(keys[i] & 0xffffffffu);
  s.order[i] = static_cast<std::int32_t>(position / perRow);
  s.places[position] = run;
  if (begins) {
    s.segmentOffsets[run] = static_cast<std::int32_t>(i);
    s.segmentIds[run] = static_cast<std::int32_t>(idIn(keys[i]));
  }
  if (i >= counts[gridDim.x]) {  // there are fewer runs than ids: the rest is empty
    s.segmentOffsets[i] = static_cast<std::int32_t>(s.n);
    s.segmentIds[i] = static_cast<std::int32_t>(idIn(keys[s.n - 1]));
  }
  if (i + 1 < s.n) return;
  s.segmentOffsets[s.n] = static_cast<std::int32_t>(s.n);
  if (distinct != nullptr) *distinct = counts[gridDim.x];
}

// -- a batch's ids: 8,192 keys of 32 bits, an id in the upper 19 and a position in the lower 13 ---------------------------------

constexpr int positionBits = 13, mostKeys = 1 << positionBits, sortThreads = 1024, keysPerThread = mostKeys / sortThreads;
constexpr std::int64_t highestSmallId = (std::int64_t{1} << (32 - positionBits)) - 1;
constexpr int mostParts = 4;

struct IdParts {
  IdPart part[mostParts];
  int count;
};

/** How many of the block's earlier threads' numbers there are in all, and of all of them in `whole`. */
__device__ int sumBefore(int own, int& whole) {
  __shared__ int warps[sortThreads / warpLanes];
  int sum = own;
  for (int step = 1; step < warpLanes; step *= 2) {
    const int before = __shfl_up_sync(wholeWarp, sum, static_cast<unsigned>(step));
    if (laneOf() >= step) sum += before;
  }
  if (laneOf() == warpLanes - 1) warps[warpOf()] = sum;
  __syncthreads();
  int earlier = 0;
  whole = 0;
  for (int warp = 0; warp < sortThreads / warpLanes; ++warp) {
    if (warp == warpOf()) earlier = whole;
    whole += warps[warp];
  }
  return earlier + sum - own;
}

/** One block sorts all ids of the parts and writes their runs; `size` is the least power of two that holds them. */
__global__ void __launch_bounds__(sortThreads) sortBatch(SortedIds s, IdParts parts, int size) {
  __shared__ unsigned keys[mostKeys];
  const int thread = static_cast<int>(threadIdx.x), n = static_cast<int>(s.count);
  for (int i = thread; i < size; i += sortThreads) {
    keys[i] = ~0u;
    std::int64_t at = i;
#pragma unroll
    for (int p = 0; p < mostParts; ++p) {
      const IdPart& part = parts.part[p];
      if (p < parts.count && at >= 0 && at < part.count) {
        const std::int32_t id = part.ids[at] + part.add;
        s.ids[i] = id;
        keys[i] = static_cast<unsigned>(id) << positionBits | static_cast<unsigned>(i);
      }
      at -= part.count;  // 0 for parts that are not there
    }
  }
  for (int run = 2; run <= size; run *= 2) {
    for (int gap = run / 2; gap > 0; gap /= 2) {
      __syncthreads();
      for (int pair = thread; pair < size / 2; pair += sortThreads) {
        const int low = pair / gap * gap * 2 + pair % gap, high = low + gap;
        const unsigned a = keys[low], b = keys[high];
        if ((a > b) == ((low & run) == 0)) keys[low] = b, keys[high] = a;
      }
    }
  }
  __syncthreads();
  const auto idAt = [&](int i) { return static_cast<std::int32_t>(keys[i] >> positionBits); };
  const auto begins = [&](int i) { return i < n && (i == 0 || idAt(i - 1) != idAt(i)); };
  int own = 0;
  for (int i = thread * keysPerThread; i < (thread + 1) * keysPerThread; ++i) own += begins(i) ? 1 : 0;
  int whole = 0, run = sumBefore(own, whole) - 1;
  for (int i = thread * keysPerThread; i < (thread + 1) * keysPerThread && i < n; ++i) {
    const int position = static_cast<int>(keys[i] & (mostKeys - 1));
    if (begins(i)) {
      s.segmentOffsets[++run] = i;
      s.segmentIds[run] = idAt(i);
    }
    s.order[i] = static_cast<std::int32_t>(position / s.perRow);
    s.places[position] = run;
    if (i >= whole) {  // there are fewer runs than ids: the rest is empty
      s.segmentOffsets[i] = n;
      s.segmentIds[i] = idAt(n - 1);
    }
  }
  if (thread != 0) return;
  s.segmentOffsets[n] = n;
  *s.distinct = whole;
}

__global__ void __launch_bounds__(blockThreads) gatherIdRows(GatherIds s) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i < s.count * s.width) s.out[i] = s.table[s.ids[i / s.width] * s.width + i % s.width];
}

/** The sorted keys of n > 0 ids, in one of the two buffers. Nothing depends on which thread comes first. */
const IdKey* sortKeys(IdKey* one, IdKey* two, const std::int32_t* ids, std::int64_t n, Context& context) {
  AMR_LAUNCH(context, sortTiles, blocksFor(n, sortedTile), sortedTile / 2, one, ids, n);
  for (std::int64_t run = sortedTile; run < n; run *= 2) {
    AMR_LAUNCH(context, mergeRuns, blocksFor(n, blockThreads), blockThreads, two, one, run, n);
    IdKey* const merged = two;
    two = one;
    one = merged;
  }
  return one;
}

/** distinct [1]: where to count the runs, or null. */
void sortRuns(const SortSegments& s, std::int32_t* distinct, std::int64_t perRow, Context& context) {
  if (s.n == 0) {
    if (distinct != nullptr) context.zero(distinct, sizeof(std::int32_t));
    return context.zero(s.segmentOffsets, sizeof(std::int32_t));
  }
  const Scratch<IdKey> one(context, s.n), two(context, s.n);
  const IdKey* keys = sortKeys(one.data(), two.data(), s.ids, s.n, context);
  const unsigned pieces = blocksFor(s.n, blockThreads);
  const Scratch<std::int32_t> counts(context, std::int64_t{pieces} + 1);
  AMR_LAUNCH(context, countRuns, pieces, blockThreads, counts.data(), keys, s.n);
  AMR_LAUNCH(context, sumCounts, 1, warpLanes, counts.data(), std::int64_t{pieces});
  AMR_LAUNCH(context, writeRuns, pieces, blockThreads, s, distinct, perRow, counts.data(), keys);
}

}  // namespace

void sortSegments(const SortSegments& s, Context& context) { sortRuns(s, nullptr, 1, context); }

void sortIds(const SortedIds& s, const std::vector<IdPart>& parts, std::int64_t highest, Context& context) {
  if (s.count > 0 && s.count <= mostKeys && parts.size() <= mostParts && highest <= highestSmallId) {
    IdParts all{};
    for (const IdPart& part : parts) all.part[all.count++] = part;
    int size = 2;
    while (size < s.count) size *= 2;
    AMR_LAUNCH(context, sortBatch, 1, sortThreads, s, all, size);
    return;
  }
  std::int64_t at = 0;
  for (const IdPart& part : parts) {
    if (part.count > 0) AMR_LAUNCH(context, copyIds, blocksFor(part.count, blockThreads), blockThreads, s.ids + at, part);
    at += part.count;
  }
  sortRuns({s.order, s.places, s.segmentOffsets, s.segmentIds, s.ids, s.count}, s.distinct, s.perRow, context);
}

void gatherIds(const GatherIds& s, Context& context) {
  if (s.count > 0) AMR_LAUNCH(context, gatherIdRows, blocksFor(s.count * s.width, blockThreads), blockThreads, s);
}

}  // namespace amr::cuda
