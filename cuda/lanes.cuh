#pragma once
#include "launch.cuh"

/**
 * A row's columns spread over a warp: each lane holds `width` neighbouring columns (4 where rows can be read in fours), so
 * `lanesPerRow` lanes hold a slice of a row and the warp's other groups of as many lanes work on other rows.
 */
namespace amr::cuda {

/** Rows that a group reads ahead. */
constexpr int inFlight = 4;
/**
 * A row's entries are added in so many sums, the i-th in sum i % entrySums, and those as (0 + 1) + (2 + 3): one order for any width, so that
 * columns have the same bits wherever they lie. The groups of a warp have a sum each, or several where they are fewer.
 */
constexpr int entrySums = 4;

template <int width>
struct Lanes {
  float v[width];
};

template <int width>
__device__ Lanes<width> loadLanes(const float* x) {
  Lanes<width> lanes;
  if constexpr (width == 4) {
    const float4 four = *reinterpret_cast<const float4*>(x);
    lanes.v[0] = four.x, lanes.v[1] = four.y, lanes.v[2] = four.z, lanes.v[3] = four.w;
  } else {
    lanes.v[0] = *x;
  }
  return lanes;
}

/** As loadLanes, past the multiprocessor's own cache: for what another block has written since this kernel began. */
template <int width>
__device__ Lanes<width> loadSharedLanes(const float* x) {
  Lanes<width> lanes;
  if constexpr (width == 4) {
    const float4 four = __ldcg(reinterpret_cast<const float4*>(x));
    lanes.v[0] = four.x, lanes.v[1] = four.y, lanes.v[2] = four.z, lanes.v[3] = four.w;
  } else {
    lanes.v[0] = __ldcg(x);
  }
  return lanes;
}

template <int width>
__device__ void storeLanes(float* out, const Lanes<width>& lanes) {
  if constexpr (width == 4) {
    storeFour(out, make_float4(lanes.v[0], lanes.v[1], lanes.v[2], lanes.v[3]));
  } else {
    *out = lanes.v[0];
  }
}

/** Entries as spmm has them: an index and a weight each; null weights are ones. */
struct Entries {
  const std::int32_t* indices;
  const float* values;
};

/**
 * The warp's sum over entries [begin, end) of weight * x[index, column..column + width), in every group. Lanes whose column is
 * beyond d take part in the shuffles with zeros. The indices of a group's next rows are on their way while these rows are added.
 */
template <int width, int lanesPerRow>
__device__ Lanes<width> sumEntries(Entries a, const float* x, std::int64_t d, std::int64_t column, std::int64_t begin,
                                   std::int64_t end) {
  constexpr int groups = warpLanes / lanesPerRow, ownSums = entrySums / groups;
  static_assert(ownSums * groups == entrySums && inFlight % ownSums == 0);
  Lanes<width> sums[ownSums] = {};
  // A matrix has fewer than 2^31 entries; what is read ahead of its last ones is still a number without sign.
  const unsigned last = column < d ? static_cast<unsigned>(end) : 0;
  const float* const from = x + column;
  const unsigned first = static_cast<unsigned>(begin) + static_cast<unsigned>(laneOf() / lanesPerRow);
  std::int32_t next[inFlight];
#pragma unroll
  for (int j = 0; j < inFlight; ++j) next[j] = first + j * groups < last ? a.indices[first + j * groups] : 0;
#pragma unroll 1
  for (unsigned e = first; e < last; e += groups * inFlight) {
    Lanes<width> rows[inFlight];
#pragma unroll
    for (int j = 0; j < inFlight; ++j) {
      rows[j] = Lanes<width>{};
      if (e + j * groups < last) rows[j] = loadLanes<width>(from + next[j] * d);
    }
#pragma unroll
    for (int j = 0; j < inFlight; ++j) {
      const unsigned at = e + (inFlight + j) * groups;
      if (at < last) next[j] = a.indices[at];
    }
#pragma unroll
    for (int j = 0; j < inFlight; ++j) {
      const unsigned at = e + j * groups;
      const float weight = a.values == nullptr || at >= last ? 1.0f : a.values[at];  // rows that are not there are zeros
#pragma unroll
      for (int c = 0; c < width; ++c) sums[j % ownSums].v[c] = fmaf(weight, rows[j].v[c], sums[j % ownSums].v[c]);
    }
  }
#pragma unroll
  for (int s = 0; s < ownSums; ++s) {
#pragma unroll
    for (int flip = lanesPerRow; flip < warpLanes; flip *= 2) {
#pragma unroll
      for (int c = 0; c < width; ++c) sums[s].v[c] += __shfl_xor_sync(wholeWarp, sums[s].v[c], flip);
    }
  }
#pragma unroll
  for (int step = 1; step < ownSums; step *= 2) {
#pragma unroll
    for (int s = 0; s + step < ownSums; s += 2 * step) {
#pragma unroll
      for (int c = 0; c < width; ++c) sums[s].v[c] += sums[s + step].v[c];
    }
  }
  return sums[0];
}

template <int width, int lanesPerRow>
__device__ std::int64_t columnOf() {
  return (std::int64_t{blockIdx.y} * lanesPerRow + laneOf() % lanesPerRow) * width;
}

/** The grid: rows by warps, slices of columns in the second dimension. */
template <int width, int lanesPerRow>
dim3 gridFor(std::int64_t rows, std::int64_t d) {
  return dim3(blocksFor(rows, blockWarps), blocksFor(d, width * lanesPerRow));
}

template <int width_, int lanesPerRow_>
struct LaneShape {
  static constexpr int width = width_, lanesPerRow = lanesPerRow_;
};

/** Calls run with the shape a row of d floats needs, as a compile-time constant. */
template <class Run>
void withLanes(std::int64_t d, bool fours, Run run) {
  if (!fours) return run(LaneShape<1, 32>());
  if (d <= 32) return run(LaneShape<4, 8>());
  if (d <= 64) return run(LaneShape<4, 16>());
  return run(LaneShape<4, 32>());
}

}  // namespace amr::cuda
