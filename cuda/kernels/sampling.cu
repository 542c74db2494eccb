// sampleNegatives, and the scans behind the index checks of all kernels.
#include <climits>

#include "kernels/kernels.h"
#include "launch.cuh"
#include "philox.cuh"
#include "search.cuh"

namespace amr::cuda {
namespace {

__global__ void __launch_bounds__(blockThreads) drawNegatives(SampleNegatives s) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (j >= s.m) return;
  const std::int32_t from = s.train.offsets[s.userIds[j]], to = s.train.offsets[s.userIds[j] + 1];
  const std::uint32_t position = s.first + static_cast<std::uint32_t>(j);
  std::int32_t item = 0;
  std::uint32_t draw = 0;
  do {
    item = static_cast<std::int32_t>(__umulhi(philox(s.key0, s.key1, position, draw++).words[0], static_cast<std::uint32_t>(s.items)));
  } while (contains(s.train.indices + from, to - from, item));
  s.negatives[j] = item;
}

// -- checks ----------------------------------------------------------------------------------------------------------

constexpr unsigned mostScanBlocks = 1024;

template <class T>
__device__ T warpLeast(T value) {
  for (int flip = 16; flip > 0; flip /= 2) {
    const T other = __shfl_xor_sync(wholeWarp, value, flip);
    value = other < value ? other : value;
  }
  return value;
}

/** As many of these as there are warps in the grid; whatever the order, the least is the least. */
struct Scan {
  long long lowest, negatedHighest, smallestStep, negatedLargestStep;
};

__global__ void __launch_bounds__(blockThreads) scanInts(Scan* found, const std::int32_t* values, std::int64_t n) {
  Scan own{LLONG_MAX, LLONG_MAX, LLONG_MAX, LLONG_MAX};
  const std::int64_t stride = std::int64_t{gridDim.x} * blockThreads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x; i < n; i += stride) {
    const long long value = values[i];
    own.lowest = smaller(value, own.lowest);
    own.negatedHighest = smaller(-value, own.negatedHighest);
    if (i + 1 == n) continue;
    const long long step = values[i + 1] - value;
    own.smallestStep = smaller(step, own.smallestStep);
    own.negatedLargestStep = smaller(-step, own.negatedLargestStep);
  }
  own.lowest = warpLeast(own.lowest);
  own.negatedHighest = warpLeast(own.negatedHighest);
  own.smallestStep = warpLeast(own.smallestStep);
  own.negatedLargestStep = warpLeast(own.negatedLargestStep);
  if (laneOf() == 0) found[blockIdx.x * blockWarps + warpOf()] = own;
}

__global__ void __launch_bounds__(warpLanes) joinScans(long long* facts, const Scan* found, int count, const std::int32_t* values,
                                                       std::int64_t n) {
  Scan own{LLONG_MAX, LLONG_MAX, LLONG_MAX, LLONG_MAX};
  for (int i = laneOf(); i < count; i += warpLanes) {
    own.lowest = smaller(found[i].lowest, own.lowest);
    own.negatedHighest = smaller(found[i].negatedHighest, own.negatedHighest);
    own.smallestStep = smaller(found[i].smallestStep, own.smallestStep);
    own.negatedLargestStep = smaller(found[i].negatedLargestStep, own.negatedLargestStep);
  }
  own.lowest = warpLeast(own.lowest);
  own.negatedHighest = warpLeast(own.negatedHighest);
  own.smallestStep = warpLeast(own.smallestStep);
  own.negatedLargestStep = warpLeast(own.negatedLargestStep);
  if (laneOf() != 0) return;
  facts[0] = own.lowest;
  facts[1] = -own.negatedHighest;
  facts[2] = values[0];
  facts[3] = values[n - 1];
  facts[4] = own.smallestStep;
  facts[5] = n == 1 ? LLONG_MIN : -own.negatedLargestStep;
}

__global__ void __launch_bounds__(blockThreads) findDescendingRow(long long* first, const std::int32_t* offsets,
                                                                  const std::int32_t* indices, std::int64_t rows) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (row >= rows) return;
  for (std::int64_t e = std::int64_t{offsets[row]} + 1; e < offsets[row + 1]; ++e) {
    if (indices[e - 1] <= indices[e]) continue;
    atomicMin(first, static_cast<long long>(row));
    return;
  }
}

__global__ void __launch_bounds__(blockThreads) findLongRow(long long* first, const std::int32_t* ids, std::int64_t m,
                                                            const std::int32_t* offsets, std::int64_t limit) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (j < m && offsets[ids[j] + 1] - offsets[ids[j]] >= limit) atomicMin(first, static_cast<long long>(j));
}

/** Runs a search that lowers first[0] from "none"; returns what it left, or -1. */
template <class Search>
std::int64_t firstFound(Context& context, Search search) {
  long long first = LLONG_MAX;
  const Scratch<long long> memory(context, 1);
  context.copyToDevice(memory.data(), &first, sizeof first);
  search(memory.data());
  context.copyToHost(&first, memory.data(), sizeof first);
  return first == LLONG_MAX ? -1 : static_cast<std::int64_t>(first);
}

}  // namespace

void sampleNegatives(const SampleNegatives& s, Context& context) {
  if (s.m > 0) AMR_LAUNCH(context, drawNegatives, blocksFor(s.m, blockThreads), blockThreads, s);
}

IntFacts intFacts(const std::int32_t* values, std::int64_t n, Context& context) {
  const unsigned blocks = static_cast<unsigned>(smaller(ceilDivide(n, blockThreads), mostScanBlocks));
  const Scratch<Scan> found(context, std::int64_t{blocks} * blockWarps);
  const Scratch<long long> facts(context, 6);
  AMR_LAUNCH(context, scanInts, blocks, blockThreads, found.data(), values, n);
  AMR_LAUNCH(context, joinScans, 1, warpLanes, facts.data(), found.data(), static_cast<int>(blocks) * blockWarps, values, n);
  long long host[6];
  context.copyToHost(host, facts.data(), sizeof host);
  return {host[0], host[1], host[2], host[3], host[4], host[5]};
}

std::int64_t firstDescendingRow(const std::int32_t* offsets, const std::int32_t* indices, std::int64_t rows, Context& context) {
  if (rows == 0) return -1;
  return firstFound(context, [&](long long* first) {
    AMR_LAUNCH(context, findDescendingRow, blocksFor(rows, blockThreads), blockThreads, first, offsets, indices, rows);
  });
}

std::int64_t firstLongRow(const std::int32_t* ids, std::int64_t m, const std::int32_t* offsets, std::int64_t limit, Context& context) {
  if (m == 0) return -1;
  return firstFound(context, [&](long long* first) {
    AMR_LAUNCH(context, findLongRow, blocksFor(m, blockThreads), blockThreads, first, ids, m, offsets, limit);
  });
}

}  // namespace amr::cuda
