// cosineTopK, rankTopK, and rankedHits of their lists: tiles of the product (tile.cuh) go to shared memory, where a warp per row takes what
// is good enough. The scores of all pairs never exist. Slices of columns keep lists of their own, which are joined at the end (README.md,
// "Searches for the best").
#include "kernels/kernels.h"
#include "selection.cuh"

namespace amr::cuda {
namespace {

/** Longer lists cost more to merge into than all scores of a row to look at eight times: see searchLongLists. */
constexpr std::int64_t mostMerged = 768;
constexpr int rowsOfWarp = tileSide / blockWarps;

/** Where a search keeps what it has found. */
struct Found {
  Key* lists;  // [rows, slices, k], descending, 0 where nothing is
  Key* thresholds;  // [rows]: k keys of the row are this or more, in whichever slice
  std::int64_t slices, columnsPerSlice;
};

/** A tile's product, its scores, and for each of its rows what passed and is not in the list yet. */
struct SearchRoom {
  TileRoom tile;
  float scores[tileSide][tileSide + 1];
  Key waiting[tileSide][warpLanes];
  int counts[tileSide];
};

/** A row of a search in the hands of a warp. */
struct OpenRow {
  Key* list;
  Key* threshold;
  Key* waiting;
  int k, count;
  /** what a key must exceed */
  Key least;

  /** What waits goes into the list; all slices learn how good its last one is. */
  __device__ void merge() {
    mergeInto(list, k, laneOf() < count ? waiting[laneOf()] : 0);
    count = 0;
    const Key last = list[k - 1];
    if (laneOf() == 0 && last > *threshold) atomicMax(threshold, last);
    least = better(least, last);
    __syncwarp();
  }

  /** A key a lane; 0 for none. */
  __device__ void offer(Key key) {
    unsigned passed = __ballot_sync(wholeWarp, key > least);
    if (count + __popc(passed) > warpLanes) {
      merge();
      passed = __ballot_sync(wholeWarp, key > least);
    }
    if (key > least) waiting[count + __popc(passed & ((1u << laneOf()) - 1u))] = key;
    count += __popc(passed);
    __syncwarp();
  }
};

__global__ void __launch_bounds__(blockThreads, TileRoom::leastBlocks) searchTiles(Search s, Found found) {
  __shared__ SearchRoom room;
  const std::int64_t row = std::int64_t{blockIdx.x} * tileSide;
  const std::int64_t begin = std::int64_t{blockIdx.y} * found.columnsPerSlice, end = smaller(begin + found.columnsPerSlice, s.columns);
  const auto open = [&](int r) {
    Key* threshold = found.thresholds + row + r;  // read past the first cache: other blocks raise it
    Key* list = found.lists + ((row + r) * found.slices + blockIdx.y) * s.k;
    return OpenRow{list, threshold, room.waiting[r], static_cast<int>(s.k), room.counts[r], *static_cast<volatile Key*>(threshold)};
  };
  const auto forOwnRows = [&](auto body) {
    for (int r = warpOf() * rowsOfWarp; r < (warpOf() + 1) * rowsOfWarp && row + r < s.rows; ++r) body(r);
  };
  if (threadIdx.x < tileSide) room.counts[threadIdx.x] = 0;
  __syncthreads();
  for (std::int64_t column = begin; column < end; column += tileSide) {
    float sums[tileEach][tileEach];
    multiplyTile(sums, room.tile, {s.a, s.d, 1}, row, s.rows, {s.b, s.d, 1}, column, end, 0, s.d);
    for (int i = 0; i < tileEach; ++i) {
      for (int j = 0; j < tileEach; ++j) {
        const std::int64_t r = row + tileRow() + i, c = column + tileColumn() + j;
        room.scores[tileRow() + i][tileColumn() + j] = r < s.rows && c < end ? s.scoreAt(sums[i][j], r, c) : 0.0f;
      }
    }
    __syncthreads();
    forOwnRows([&](int r) {
      OpenRow own = open(r);
      for (int part = 0; part < tileSide; part += warpLanes) {
        const std::int64_t id = column + part + laneOf();
        Key key = id < end ? keyOf(room.scores[r][part + laneOf()], static_cast<std::int32_t>(id)) : 0;
        if (key > own.least && s.isLeftOut(row + r, id)) key = 0;
        own.offer(key);
      }
      if (laneOf() == 0) room.counts[r] = own.count;
    });
    __syncthreads();
  }
  forOwnRows([&](int r) {
    OpenRow own = open(r);
    if (own.count > 0) own.merge();
  });
}

/** A warp a row: the slices' lists into the first one, then ids and scores. */
__global__ void __launch_bounds__(blockThreads) joinLists(std::int32_t* indices, float* scores, Key* lists, std::int64_t rows,
                                                          std::int64_t slices, std::int64_t k) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= rows) return;
  Key* best = lists + row * slices * k;
  for (std::int64_t slice = 1; slice < slices; ++slice) {
    for (std::int64_t j = 0; j < k; j += warpLanes) {
      const Key key = j + laneOf() < k ? best[slice * k + j + laneOf()] : 0;
      if (__shfl_sync(wholeWarp, key, 0) <= best[k - 1]) break;  // and so are all that follow
      mergeInto(best, static_cast<int>(k), key);
    }
  }
  writeList(indices + row * k, scores + row * k, best, k);
}

constexpr std::int64_t fewestColumns = 512;

void searchRows(std::int32_t* indices, float* scores, const Search& s, Context& context) {
  if (s.rows == 0) return;
  if (s.k > mostMerged) return searchLongLists(indices, scores, s, context);
  const Slices slices = slicesOf(s.rows, s.columns, fewestColumns);
  const std::int64_t places = s.rows * slices.count * s.k;
  const Scratch<Key> keys(context, places + s.rows);
  context.zero(keys.data(), (places + s.rows) * static_cast<std::int64_t>(sizeof(Key)));
  const Found found{keys.data(), keys.data() + places, slices.count, slices.each};
  const dim3 grid(blocksFor(s.rows, tileSide), static_cast<unsigned>(slices.count));
  AMR_LAUNCH(context, searchTiles, grid, blockThreads, s, found);
  AMR_LAUNCH(context, joinLists, blocksFor(s.rows, blockWarps), blockThreads, indices, scores, found.lists, s.rows, found.slices, s.k);
}

/** Four chains, added in order, as on the CPU: the same bits. */
__device__ double squaredLength(const float* x, std::int64_t d) {
  constexpr int chains = 4;
  double total = 0.0;
  if (laneOf() < chains) {
    for (std::int64_t c = laneOf(); c < d; c += chains) total = fma(static_cast<double>(x[c]), static_cast<double>(x[c]), total);
  }
  total += __shfl_xor_sync(wholeWarp, total, 1);
  total += __shfl_xor_sync(wholeWarp, total, 2);
  return __shfl_sync(wholeWarp, total, 0);
}

/**
 * out = x with each row scaled to a length near 1 by a power of two (exact, and cosines do not see it, but products stay in
 * range), inverse[row] = 1 / the length of out's row: 0 for a zero row, NaN for one with NaN or infinity.
 */
__global__ void __launch_bounds__(blockThreads) rescaleRows(float* out, float* inverse, const float* x, std::int64_t n, std::int64_t d) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= n) return;
  const double squared = squaredLength(x + row * d, d);
  const bool isScalable = squared > 0 && squared <= 1e300;
  const int exponent = isScalable ? ilogb(sqrt(squared)) : 0;
  for (std::int64_t c = laneOf(); c < d; c += warpLanes) {
    out[row * d + c] = static_cast<float>(ldexp(static_cast<double>(x[row * d + c]), -exponent));
  }
  __syncwarp();
  const double scaled = squaredLength(out + row * d, d);
  if (laneOf() == 0) inverse[row] = scaled == 0 ? 0.0f : isScalable ? static_cast<float>(1.0 / sqrt(scaled)) : NAN;
}

/** The rows of one argument of a cosine search, rescaled, with their inverse lengths. */
struct UnitRows {
  Scratch<float> x, inverse;
  UnitRows(const float* rows, std::int64_t n, std::int64_t d, Context& context) : x(context, n * d), inverse(context, n) {
    if (n == 0) return;
    AMR_LAUNCH(context, rescaleRows, blocksFor(n, blockWarps), blockThreads, x.data(), inverse.data(), rows, n, d);
  }
};

/** A thread has a row: lists and truths are short. */
__global__ void __launch_bounds__(blockThreads) findHits(RankedHits s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (row >= s.rows) return;
  const std::int32_t from = s.truthOffsets[row], count = s.truthOffsets[row + 1] - from;
  unsigned bits = 0;
  for (std::int64_t p = 0; p < s.k; ++p) {
    if (contains(s.truthIndices + from, count, s.items[row * s.k + p])) bits |= 1u << p;
  }
  s.hits[row] = static_cast<std::int32_t>(bits);
}

}  // namespace

void rankedHits(const RankedHits& s, Context& context) {
  if (s.rows > 0) AMR_LAUNCH(context, findHits, blocksFor(s.rows, blockThreads), blockThreads, s);
}

void cosineTopK(const CosineTopK& s, Context& context) {
  const UnitRows queries(s.queries, s.n, s.d, context);
  const bool isSame = s.queries == s.keys && s.n == s.m;
  const UnitRows others(s.keys, isSame ? 0 : s.m, s.d, context);
  const UnitRows& keys = isSame ? queries : others;
  searchRows(s.indices, s.scores,
             {queries.x.data(), keys.x.data(), queries.inverse.data(), keys.inverse.data(), nullptr, nullptr, s.n, s.m, s.d, s.k,
              s.excludeSelf},
             context);
}

void rankTopK(const RankTopK& s, Context& context) {
  searchRows(s.indices, s.scores,
             {s.users, s.items, nullptr, nullptr, s.maskOffsets, s.maskIndices, s.rows, s.columns, s.d, s.k, false},
             context);
}

}  // namespace amr::cuda
