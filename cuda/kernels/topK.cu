// cosineTopK, rankTopK, and rankedHits of its lists. The first two: tiles of the product (tile.cuh) go to shared memory, where a warp per row compares them with the
// worst of the row's k best so far; what passes is inserted. The scores of all pairs never exist. Few rows are spread over the
// card by slices of columns, whose lists are joined at the end; keys are totally ordered, so slices do not change a bit.
#include <cmath>

#include "kernels/kernels.h"
#include "search.cuh"
#include "tensorTile.cuh"
#include "tile.cuh"

namespace amr::cuda {
namespace {

/** A score and an id as one number, larger is better; the order of the CPU: NaN as minus infinity, ties to the lower id. */
using Key = unsigned long long;

__device__ Key keyOf(float score, std::int32_t id) {
  if (score != score) score = -INFINITY;
  score += 0.0f;  // -0 becomes 0
  unsigned bits = static_cast<unsigned>(__float_as_int(score));
  bits = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return static_cast<Key>(bits) << 32 | ~static_cast<unsigned>(id);
}
__device__ float scoreOf(Key key) {
  const unsigned bits = static_cast<unsigned>(key >> 32);
  return __int_as_float(static_cast<int>((bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits));
}
__device__ std::int32_t idOf(Key key) { return static_cast<std::int32_t>(~static_cast<unsigned>(key)); }

/** Puts a key that is above list[k - 1] in its place in the descending list; the last one falls out. The whole warp calls it. */
__device__ void insert(Key* list, std::int64_t k, Key key) {
  for (std::int64_t base = (k - 1) / warpLanes * warpLanes; base >= 0; base -= warpLanes) {
    const std::int64_t i = base + laneOf();
    const Key own = i < k ? list[i] : 0;
    const Key before = i > 0 && i < k ? list[i - 1] : ~Key{0};
    __syncwarp();
    if (i < k && own < key) list[i] = before < key ? before : key;
    const bool isPlaced = __any_sync(wholeWarp, i < k && own > key) != 0;
    __syncwarp();
    if (isPlaced) return;
  }
}

struct Search {
  const float* a;  // [rows, d]
  const float* b;  // [columns, d]
  const float* aScale;  // scores are products times aScale[row] * bScale[column]; null for neither
  const float* bScale;
  const std::int32_t* maskOffsets;  // columns left out, ascending in a row; null for none
  const std::int32_t* maskIndices;
  Key* lists;  // [rows, slices, k]
  std::int64_t rows, columns, d, k, slices, columnsPerSlice;
  bool excludeSelf;

  __device__ bool isLeftOut(std::int64_t row, std::int64_t column) const {
    if (excludeSelf && row == column) return true;
    if (maskOffsets == nullptr) return false;
    const std::int32_t begin = maskOffsets[row];
    return contains(maskIndices + begin, maskOffsets[row + 1] - begin, static_cast<std::int32_t>(column));
  }
};

/** Lists of up to this many keys stay in shared memory while they grow. */
constexpr std::int64_t sharedKeys = 32;
constexpr int rowsPerWarp = tileSide / blockWarps;

/** Offers one row's scores of a tile to its list. */
__device__ void offer(const Search& s, Key* list, const float* scores, std::int64_t row, std::int64_t column, std::int64_t end) {
  for (int part = 0; part < tileSide; part += warpLanes) {
    const std::int64_t id = column + part + laneOf();
    const Key key = id < end ? keyOf(scores[part + laneOf()], static_cast<std::int32_t>(id)) : 0;
    const bool passes = key > list[s.k - 1] && !s.isLeftOut(row, id);
    for (unsigned passed = __ballot_sync(wholeWarp, passes); passed != 0; passed &= passed - 1) {
      const Key next = __shfl_sync(wholeWarp, key, __ffs(static_cast<int>(passed)) - 1);
      if (next > list[s.k - 1]) insert(list, s.k, next);
    }
  }
}

/** Room for a tile's product and its scores. */
struct PlainSearchRoom {
  TileRoom tile;
  float scores[tileSide][tileSide + 1];
  __device__ float* row(int r) { return scores[r]; }
};
/** The tensor cores' result lies in shared memory already: the scores are made in place. */
struct TensorSearchRoom {
  TensorRoom tile;
  __device__ float* row(int r) { return tile.out[r]; }
};

template <class Room>
__global__ void __launch_bounds__(blockThreads, decltype(Room::tile)::leastBlocks) searchTiles(Search s) {
  __shared__ Room room;
  __shared__ Key near[tileSide][sharedKeys];
  const std::int64_t row = std::int64_t{blockIdx.x} * tileSide;
  const std::int64_t begin = std::int64_t{blockIdx.y} * s.columnsPerSlice, end = smaller(begin + s.columnsPerSlice, s.columns);
  const auto farList = [&](int r) { return s.lists + ((row + r) * s.slices + blockIdx.y) * s.k; };
  const auto listOf = [&](int r) { return s.k <= sharedKeys ? near[r] : farList(r); };
  for (int r = warpOf() * rowsPerWarp; r < (warpOf() + 1) * rowsPerWarp && row + r < s.rows; ++r) {
    for (std::int64_t j = laneOf(); j < s.k; j += warpLanes) listOf(r)[j] = 0;
  }
  __syncwarp();
  for (std::int64_t column = begin; column < end; column += tileSide) {
    float sums[tileEach][tileEach];
    multiplyTile(sums, room.tile, {s.a, s.d, 1}, row, s.rows, {s.b, s.d, 1}, column, end, 0, s.d);
    for (int i = 0; i < tileEach; ++i) {
      for (int j = 0; j < tileEach; ++j) {
        const std::int64_t r = row + tileRow() + i, c = column + tileColumn() + j;
        const bool isScaled = s.aScale != nullptr && r < s.rows && c < end;
        room.row(tileRow() + i)[tileColumn() + j] = isScaled ? sums[i][j] * (s.aScale[r] * s.bScale[c]) : sums[i][j];
      }
    }
    __syncthreads();
    for (int r = warpOf() * rowsPerWarp; r < (warpOf() + 1) * rowsPerWarp && row + r < s.rows; ++r) {
      offer(s, listOf(r), room.row(r), row + r, column, end);
    }
    __syncthreads();
  }
  if (s.k > sharedKeys) return;
  for (int r = warpOf() * rowsPerWarp; r < (warpOf() + 1) * rowsPerWarp && row + r < s.rows; ++r) {
    for (std::int64_t j = laneOf(); j < s.k; j += warpLanes) farList(r)[j] = near[r][j];
  }
}

/** A warp a row: the slices' lists into the first one, then ids and scores. Key 0 is a place nothing took. */
__global__ void __launch_bounds__(blockThreads) joinLists(std::int32_t* indices, float* scores, Key* lists, std::int64_t rows,
                                                          std::int64_t slices, std::int64_t k) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= rows) return;
  Key* best = lists + row * slices * k;
  for (std::int64_t slice = 1; slice < slices; ++slice) {
    for (std::int64_t j = 0; j < k; ++j) {
      const Key key = best[slice * k + j];
      if (key <= best[k - 1]) break;  // and so are all that follow
      insert(best, k, key);
    }
  }
  for (std::int64_t j = laneOf(); j < k; j += warpLanes) {
    const Key key = best[j];
    indices[row * k + j] = key == 0 ? -1 : idOf(key);
    scores[row * k + j] = key == 0 ? -INFINITY : scoreOf(key);
  }
}

constexpr std::int64_t leastColumns = 512;

void searchRows(std::int32_t* indices, float* scores, Search s, Context& context) {
  if (s.rows == 0) return;
  const Slices slices = slicesOf(s.rows, s.columns, leastColumns);
  s.slices = slices.count;
  s.columnsPerSlice = slices.each;
  const Scratch<Key> lists(context, s.rows * s.slices * s.k);
  s.lists = lists.data();
  const dim3 grid(blocksFor(s.rows, tileSide), static_cast<unsigned>(s.slices));
  if (context.usesTensorCores()) AMR_LAUNCH(context, (searchTiles<TensorSearchRoom>), grid, blockThreads, s);
  else AMR_LAUNCH(context, (searchTiles<PlainSearchRoom>), grid, blockThreads, s);
  AMR_LAUNCH(context, joinLists, blocksFor(s.rows, blockWarps), blockThreads, indices, scores, s.lists, s.rows, s.slices, s.k);
}

__device__ double squaredLength(const float* x, std::int64_t d) {
  double total = 0.0;
  for (std::int64_t c = laneOf(); c < d; c += warpLanes) total = fma(static_cast<double>(x[c]), static_cast<double>(x[c]), total);
  return warpSum(total);
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
             {queries.x.data(), keys.x.data(), queries.inverse.data(), keys.inverse.data(), nullptr, nullptr, nullptr, s.n, s.m, s.d,
              s.k, 0, 0, s.excludeSelf},
             context);
}

void rankTopK(const RankTopK& s, Context& context) {
  searchRows(s.indices, s.scores,
             {s.users, s.items, nullptr, nullptr, s.maskOffsets, s.maskIndices, nullptr, s.rows, s.columns, s.d, s.k, 0, 0, false},
             context);
}

}  // namespace amr::cuda
