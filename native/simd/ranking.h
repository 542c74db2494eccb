#pragma once
/**
 * The k best columns of a product for each row, with some columns left out: rankTopK, and cosineTopK of two different sets. How few
 * scores reach memory: native/README.md#products.
 */
#include "runtime/scratch.h"
#include "simd/products.h"
#include "simd/selection.h"

namespace amr::AMR_ISA {

struct Ranking {
  std::int32_t* indices;  // [rows, k]
  float* scores;          // [rows, k]
  const float* a;         // [rows, d]
  const float* b;         // [columns, d]
  const float* aScale;    // [rows] and [columns]: scores are products times aScale * bScale; null for neither
  const float* bScale;
  const std::int32_t* maskOffsets;  // [rows + 1]
  const std::int32_t* maskIndices;  // ascending in a row
  std::int64_t rows, columns, d, k;
};

constexpr std::int64_t rankingRows = 192, rankingColumns = 1024;
constexpr std::uint32_t allLanes = (1u << lanes) - 1u;

/** One thread's part: the state of its current block of rows. */
template <bool scaled>
class RankingSlot {
 public:
  static std::int64_t bytes(const Ranking& s) {
    return roomBytes(s) + scoreBytes + maskBytes + Selection::bytes(rankingRows + productRows, s.k);
  }
  /** `packed`: all columns, packed for all threads, or null: then each thread packs its own. */
  RankingSlot(const Ranking& s, float* packed, char* memory)
      : s_(s),
        packed_(packed),
        room_(reinterpret_cast<float*>(memory), rankingRows, rankingColumns, s.d),
        scores_(reinterpret_cast<float*>(memory + roomBytes(s))),
        maskAt_(reinterpret_cast<std::int32_t*>(memory + roomBytes(s) + scoreBytes)),
        masked_(maskAt_ + rankingRows),
        best_(memory + roomBytes(s) + scoreBytes + maskBytes, rankingRows + productRows, s.k) {}

  void run(std::int64_t firstRow) {
    row_ = firstRow;
    rows_ = smaller(rankingRows, s_.rows - firstRow);
    best_.clear(rows_);
    for (std::int64_t i = rows_; i < roundUp(rows_, productRows); ++i) best_.thresholds[i] = __builtin_inff();
    for (std::int64_t i = 0; i < rows_; ++i) {
      maskAt_[i] = s_.maskOffsets[row_ + i];
      advanceMask(i, 0);
    }
    for (std::int64_t column = 0; column < s_.columns; column += rankingColumns) {
      const Block block{row_, rows_, column, smaller(rankingColumns, s_.columns - column)};
      if (packed_ != nullptr) room_.holdColumns(packed_ + column * s_.d, column);
      if (column == 0) start(block);
      else filter(block);
    }
    for (std::int64_t i = 0; i < rows_; ++i) write(i);
  }

 private:
  static constexpr std::int64_t scoreRows = (rankingRows + productRows - 1) / productRows * productRows;
  static constexpr std::int64_t scoreBytes = scoreRows * rankingColumns * 4;
  static constexpr std::int64_t maskBytes = rankingRows * 8;
  static std::int64_t roomBytes(const Ranking& s) {
    return ceilDivide(ProductRoom::floats(rankingRows, rankingColumns, s.d) * 4, 64) * 64;
  }
  Operand a() const { return {s_.a, s_.d, 1}; }
  Operand b() const { return {s_.b, s_.d, 1}; }

  /** masked_[i] = the first masked column of the row at or after `column`. */
  void advanceMask(std::int64_t i, std::int64_t column) {
    const std::int32_t end = s_.maskOffsets[row_ + i + 1];
    while (maskAt_[i] < end && s_.maskIndices[maskAt_[i]] < column) ++maskAt_[i];
    masked_[i] = maskAt_[i] < end ? s_.maskIndices[maskAt_[i]] : INT32_MAX;
  }

  inline __attribute__((always_inline)) void scale(ProductTile& tile, const Block& block, std::int64_t i, std::int64_t j) const {
    if constexpr (scaled) {
      for (int v = 0; v < productVectors; ++v) {
        const Vec columnScale = loadUpTo(s_.bScale + block.column + j + v * lanes, block.columns - j - v * lanes);
        for (int r = 0; r < productRows; ++r) {
          const std::int64_t row = smaller(i + r, rows_ - 1);
          tile.v[r][v] = tile.v[r][v] * (splat(s_.aScale[row_ + row]) * columnScale);
        }
      }
    }
  }

  /** All scores of the first columns, then each row's candidates by a threshold that at least k of them reach. */
  void start(const Block& block) {
    multiplyBlock(room_, a(), b(), block, s_.d, [](std::int64_t, std::int64_t) { return true; },
                  [&](std::int64_t i, std::int64_t j, ProductTile tile) {
      scale(tile, block, i, j);
      for (int r = 0; r < productRows; ++r) {
        for (int v = 0; v < productVectors; ++v) store(scores_ + (i + r) * rankingColumns + j + v * lanes, tile.v[r][v]);
      }
    });
    for (std::int64_t i = 0; i < rows_; ++i) {
      float* scores = scores_ + i * rankingColumns;
      for (; masked_[i] < block.columns; advanceMask(i, masked_[i] + 1)) scores[masked_[i]] = -__builtin_inff();
      if (block.columns == rankingColumns) best_.thresholds[i] = reachedByEnough(scores);
      collect(i, scores, block.columns);
    }
  }

  /**
   * A score that at least k unmasked columns reach, or NaN when this way finds none: the k-th largest of the maxima of
   * disjoint groups of columns. NaN scores must lose here too, so a maximum with them in the first operand is taken.
   */
  float reachedByEnough(const float* scores) const {
    constexpr int groups = 128;
    if (s_.k > groups * 3 / 4) return __builtin_nanf("");
    SelectionKey maxima[groups];
    float maximum[groups];
    for (int g = 0; g < groups; g += lanes) {
      Vec largest = splat(-__builtin_inff());
      for (std::int64_t c = g; c < rankingColumns; c += groups) {
        const Vec score = load(scores + c);
        largest = select(less(largest, score), score, largest);
      }
      store(maximum + g, largest);
    }
    for (int g = 0; g < groups; ++g) maxima[g] = selectionKey(maximum[g], g);
    const float reached = keyScore(selectKeys(maxima, groups, s_.k));
    // Minus infinity may come from masked columns, which do not count.
    return reached == -__builtin_inff() ? __builtin_nanf("") : reached;
  }

  /** Columns not less than the row's threshold; masked ones were set to minus infinity and are skipped by their ids. */
  void collect(std::int64_t i, const float* scores, std::int64_t columns) {
    std::int32_t mask = s_.maskOffsets[row_ + i];
    const std::int32_t maskEnd = s_.maskOffsets[row_ + i + 1];
    for (std::int64_t c = 0; c < columns; c += lanes) {
      std::uint32_t passed = bits(less(load(scores + c), splat(best_.thresholds[i]))) ^ allLanes;
      if (columns - c < lanes) passed &= (1u << (columns - c)) - 1u;
      for (; passed != 0; passed &= passed - 1) {
        const std::int64_t id = c + __builtin_ctz(passed);
        while (mask < maskEnd && s_.maskIndices[mask] < id) ++mask;
        if (mask == maskEnd || s_.maskIndices[mask] != id) best_.add(i, scores[id], id);
      }
    }
  }


  /** Later columns: ids ascend, so an equal score loses and only what is above the threshold passes. */
  void filter(const Block& block) {
    multiplyBlock(room_, a(), b(), block, s_.d, [](std::int64_t, std::int64_t) { return true; },
                  [&](std::int64_t i, std::int64_t j, ProductTile tile) {
      scale(tile, block, i, j);
      std::uint32_t dropped = allLanes;
      AMR_UNROLL
      for (int r = 0; r < productRows; ++r) {
        const Vec threshold = splat(best_.thresholds[i + r]);
        for (int v = 0; v < productVectors; ++v) dropped &= bits(lessEqual(tile.v[r][v], threshold));
      }
      if (dropped != allLanes) take(tile, i, block.column + j, block.columns - j);
    });
  }

  /** What of a tile is above the thresholds, several rows in one word: one loop whose end the processor must guess. */
  __attribute__((noinline)) void take(const ProductTile& tile, std::int64_t i, std::int64_t column, std::int64_t columns) {
    constexpr int wordRows = 64 / productColumns;
    float scores[tileElements];
    storeTile(scores, tile);
    const std::uint64_t inside = columns >= productColumns ? ~std::uint64_t{0} : (std::uint64_t{1} << columns) - 1;
    const int rows = static_cast<int>(smaller(productRows, rows_ - i));
    for (int first = 0; first < rows; first += wordRows) {
      std::uint64_t word = 0;
      for (int r = first; r < smaller(first + wordRows, rows); ++r) {
        const Vec threshold = splat(best_.thresholds[i + r]);
        std::uint64_t passed = 0;
        for (int v = 0; v < productVectors; ++v) {
          passed |= static_cast<std::uint64_t>(bits(lessEqual(tile.v[r][v], threshold)) ^ allLanes) << (v * lanes);
        }
        word |= (passed & inside) << ((r - first) * productColumns);
      }
      for (; word != 0; word &= word - 1) {
        const int at = __builtin_ctzll(word);
        const std::int64_t row = i + first + at / productColumns, id = column + at % productColumns;
        if (masked_[row] < id) advanceMask(row, id);
        if (masked_[row] != id) best_.add(row, scores[first * productColumns + at], id);
      }
    }
  }

  void write(std::int64_t i) {
    const std::int64_t found = best_.finish(i);
    const SelectionKey* keys = best_.keys + i * best_.capacity;
    std::int32_t* indices = s_.indices + (row_ + i) * s_.k;
    float* scores = s_.scores + (row_ + i) * s_.k;
    for (std::int64_t j = 0; j < s_.k; ++j) {
      indices[j] = j < found ? keyId(keys[j]) : -1;
      scores[j] = j < found ? keyScore(keys[j]) : -__builtin_inff();
    }
  }

  const Ranking& s_;
  float* packed_;
  ProductRoom room_;
  float* scores_;
  std::int32_t* maskAt_;
  std::int32_t* masked_;
  Selection best_;
  std::int64_t row_ = 0, rows_ = 0;
};

/** The most memory for columns packed once; larger sets are packed block by block, which costs about 6 % of the time. */
constexpr std::int64_t packedBytesLimit = std::int64_t{24} << 20;

template <bool scaled>
static inline void rank(const Ranking& s, const Workers& workers) {
  if (s.rows == 0) return;
  const std::int64_t chunks = ceilDivide(s.rows, rankingRows), slots = slotsFor(workers, chunks);
  const std::int64_t bytes = RankingSlot<scaled>::bytes(s);
  const std::int64_t packedBytes = roundUp(s.columns, productColumns) * s.d * 4;
  const bool once = s.d <= productDepth && chunks > slots && packedBytes <= packedBytesLimit;
  const Scratch packed(once ? static_cast<std::size_t>(packedBytes) : 0);
  const Scratch scratch(static_cast<std::size_t>(slots * bytes));
  if (once) {
    forRanges(workers, s.columns, rankingColumns, [&](std::int64_t begin, std::int64_t end) {
      packPanels<productColumns>(packed.floats() + begin * s.d, {s.b, s.d, 1}, begin, end - begin, 0, s.d);
    });
  }
  forSlots(workers, slots, chunks, [&](std::int64_t slot, Chunks& left) {
    RankingSlot<scaled> own(s, once ? packed.floats() : nullptr, static_cast<char*>(scratch.data()) + slot * bytes);
    for (std::int64_t chunk; (chunk = left.take()) >= 0;) own.run(chunk * rankingRows);
  });
}

}  // namespace amr::AMR_ISA
