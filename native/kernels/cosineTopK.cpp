#include "kernels/cosineTopK.h"

#include "runtime/pairSchedule.h"
#include "simd/ranking.h"

namespace amr::AMR_ISA {
namespace {

constexpr std::int64_t rowChunk = 256;

/** The sum of squares in double: four chains, added in order. */
double squaredLength(const float* x, std::int64_t d) {
  double sums[4] = {0, 0, 0, 0};
  for (std::int64_t c = 0; c < d; ++c) sums[c & 3] += static_cast<double>(x[c]) * static_cast<double>(x[c]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/** Whether products of such rows stay far from the ends of the float32 range. */
bool isOrdinary(double squared) { return squared == 0 || !(squared < 0x1p-80 || squared > 0x1p80) || squared > 1e300; }

/**
 * inverse[n] = 1 / length of each row of x; 0 for a zero row, NaN for one with NaN or infinity. False when some row's
 * squares could leave the float32 range.
 */
bool inverseLengths(float* inverse, const float* x, std::int64_t n, std::int64_t d, const Workers& workers) {
  int ordinary = 1;
  forRanges(workers, n, rowChunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const double squared = squaredLength(x + row * d, d);
      inverse[row] = squared == 0 ? 0.0f : squared <= 1e300 ? static_cast<float>(1 / __builtin_sqrt(squared)) : __builtin_nanf("");
      if (!isOrdinary(squared)) __atomic_store_n(&ordinary, 0, __ATOMIC_RELAXED);
    }
  });
  return ordinary != 0;
}

/** out = x with each row scaled to a length near 1 by a power of two: exact, and cosines do not see it. */
void rescaleRows(float* out, const float* x, std::int64_t n, std::int64_t d, const Workers& workers) {
  forRanges(workers, n, rowChunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const double squared = squaredLength(x + row * d, d);
      const bool scalable = squared > 0 && squared <= 1e300;
      const double factor = scalable ? __builtin_ldexp(1.0, -__builtin_ilogb(__builtin_sqrt(squared))) : 1.0;
      for (std::int64_t c = 0; c < d; ++c) out[row * d + c] = static_cast<float>(static_cast<double>(x[row * d + c]) * factor);
    }
  });
}

constexpr std::int64_t pairRows = 384;

/** One set against itself: the product is symmetric, so each tile of its upper triangle serves rows and columns. */
class SelfSearch {
 public:
  SelfSearch(const CosineTopK& s, const float* x, const float* inverse, Selection& best) : s_(s), x_(x), inverse_(inverse), best_(best) {}

  void multiply(ProductRoom& room, BlockPair pair) {
    const Block block{pair.first * pairRows, smaller(pairRows, s_.n - pair.first * pairRows), pair.second * pairRows,
                      smaller(pairRows, s_.n - pair.second * pairRows)};
    const bool diagonal = pair.first == pair.second;
    const Operand x{x_, s_.d, 1};
    multiplyBlock(room, x, x, block, s_.d,
                  [&](std::int64_t i, std::int64_t j) { return !diagonal || i < j + productColumns; },
                  [&](std::int64_t i, std::int64_t j, ProductTile tile) { filter(tile, block, i, j); });
  }

 private:
  /** Scales products to cosines and compares them with the thresholds of their rows and of their columns. */
  inline __attribute__((always_inline)) void filter(ProductTile& tile, const Block& block, std::int64_t i, std::int64_t j) {
    const std::int64_t row = block.row + i, column = block.column + j;
    Vec columnScale[productVectors], columnThreshold[productVectors];
    for (int v = 0; v < productVectors; ++v) {
      const std::int64_t left = s_.n - column - v * lanes;
      columnScale[v] = loadUpTo(inverse_ + column + v * lanes, left);
      columnThreshold[v] = loadUpTo(best_.thresholds + column + v * lanes, left);
    }
    std::uint32_t dropped = allLanes;
    AMR_UNROLL
    for (int r = 0; r < productRows; ++r) {
      const std::int64_t at = smaller(row + r, s_.n - 1);
      const Vec rowScale = splat(inverse_[at]), rowThreshold = splat(best_.thresholds[at]);
      for (int v = 0; v < productVectors; ++v) {
        tile.v[r][v] = tile.v[r][v] * (rowScale * columnScale[v]);
        dropped &= bits(less(tile.v[r][v], rowThreshold)) & bits(less(tile.v[r][v], columnThreshold[v]));
      }
    }
    if (dropped != allLanes) take(tile, row, smaller(productRows, block.rows - i), column, smaller(productColumns, block.columns - j));
  }

  __attribute__((noinline)) void take(const ProductTile& tile, std::int64_t row, std::int64_t rows, std::int64_t column,
                                      std::int64_t columns) {
    float scores[tileElements];
    storeTile(scores, tile);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; c += lanes) {
        const Vec score = load(scores + r * productColumns + c);
        const Vec columnThreshold = loadUpTo(best_.thresholds + column + c, s_.n - column - c);
        std::uint32_t passed = (bits(less(score, splat(best_.thresholds[row + r]))) & bits(less(score, columnThreshold))) ^ allLanes;
        if (columns - c < lanes) passed &= (1u << (columns - c)) - 1u;
        for (; passed != 0; passed &= passed - 1) {
          const std::int64_t lane = c + __builtin_ctz(passed);
          offer(row + r, column + lane, scores[r * productColumns + lane]);
        }
      }
    }
  }

  /** One similarity to both of its rows. Below the diagonal the mirrored tile has offered it already. */
  inline __attribute__((always_inline)) void offer(std::int64_t i, std::int64_t j, float score) {
    if (j < i || (i == j && s_.excludeSelf)) return;
    if (!(score < best_.thresholds[i])) best_.add(i, score, j);
    if (i != j && !(score < best_.thresholds[j])) best_.add(j, score, i);
  }

  const CosineTopK& s_;
  const float* x_;
  const float* inverse_;
  Selection& best_;
};

void searchItself(const CosineTopK& s, const float* x, const float* inverse, const Workers& workers) {
  const std::int64_t blocks = ceilDivide(s.n, pairRows), slots = slotsFor(workers, blocks);
  const std::int64_t floats = ProductRoom::floats(pairRows, pairRows, s.d);
  const Scratch rooms(static_cast<std::size_t>(slots * floats) * sizeof(float));
  const Scratch lists(static_cast<std::size_t>(Selection::bytes(s.n, s.k)));
  Selection best(lists.data(), s.n, s.k);
  PairSchedule schedule(blocks);
  forChunks(workers, slots, [&](std::int64_t slot) {
    ProductRoom room(rooms.floats() + slot * floats, pairRows, pairRows, s.d);
    SelfSearch search(s, x, inverse, best);
    for (BlockPair pair; schedule.next(pair);) search.multiply(room, pair);
  });
  forRanges(workers, s.n, rowChunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      best.finish(row);
      for (std::int64_t j = 0; j < s.k; ++j) {
        s.indices[row * s.k + j] = keyId(best.keys[row * best.capacity + j]);
        s.scores[row * s.k + j] = keyScore(best.keys[row * best.capacity + j]);
      }
    }
  });
}

/** Self is a mask of one. */
void searchOther(const CosineTopK& s, const float* queries, const float* keys, const float* queryInverse, const float* keyInverse,
                 const Workers& workers) {
  const Scratch masks(static_cast<std::size_t>(2 * s.n + 1) * sizeof(std::int32_t));
  std::int32_t* offsets = masks.ints();
  std::int32_t* self = offsets + s.n + 1;
  for (std::int64_t i = 0; i <= s.n; ++i) offsets[i] = s.excludeSelf ? static_cast<std::int32_t>(i) : 0;
  for (std::int64_t i = 0; i < s.n; ++i) self[i] = static_cast<std::int32_t>(i);
  rank<true>({s.indices, s.scores, queries, keys, queryInverse, keyInverse, offsets, self, s.n, s.m, s.d, s.k}, workers);
}

/** The rows of one argument, rescaled where that is needed, with their inverse lengths. */
class Rows {
 public:
  Rows(const float* x, std::int64_t n, std::int64_t d, const Workers& workers)
      : inverse_(static_cast<std::size_t>(n) * sizeof(float)), ordinary_(inverseLengths(inverse_.floats(), x, n, d, workers)),
        copy_(ordinary_ ? 0 : static_cast<std::size_t>(n * d) * sizeof(float)), x_(ordinary_ ? x : copy_.floats()) {
    if (ordinary_) return;
    rescaleRows(copy_.floats(), x, n, d, workers);
    inverseLengths(inverse_.floats(), copy_.floats(), n, d, workers);
  }
  const float* x() const { return x_; }
  const float* inverse() const { return inverse_.floats(); }

 private:
  Scratch inverse_;
  bool ordinary_;
  Scratch copy_;
  const float* x_;
};

}  // namespace

void cosineTopK(const CosineTopK& s, const Workers& workers) {
  if (s.n == 0) return;
  const Rows queries(s.queries, s.n, s.d, workers);
  if (s.queries == s.keys && s.n == s.m) return searchItself(s, queries.x(), queries.inverse(), workers);
  const Rows keys(s.keys, s.m, s.d, workers);
  searchOther(s, queries.x(), keys.x(), queries.inverse(), keys.inverse(), workers);
}

}  // namespace amr::AMR_ISA
