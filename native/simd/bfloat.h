#pragma once
// Rows rounded to bfloat16, the upper half of a float32: two values in a 32-bit word, for loops that wait for rows from memory.
#include "simd/tiles.h"

namespace amr::AMR_ISA {

constexpr std::int32_t upperHalf = static_cast<std::int32_t>(0xffff0000u);

/** The two values of each word. */
AMR_INLINE Vec lowHalves(IntVec pairs) { return asFloat(shiftLeft<16>(pairs)); }
AMR_INLINE Vec highHalves(IntVec pairs) { return asFloat(pairs & splatInt(upperHalf)); }

/** Rounded to the upper half, to nearest, ties to even; the lower half is zero. Not a number stays so. */
AMR_INLINE IntVec rounded(Vec value) {
  const IntVec bits = asInt(value);
  const IntVec nearest = bits + splatInt(0x7fff) + (shiftRight<16>(bits) & splatInt(1));
  return asInt(select(isNan(value), asFloat(bits | splatInt(0x400000)), asFloat(nearest))) & splatInt(upperHalf);
}

AMR_INLINE IntVec pairOf(Vec low, Vec high) { return (shiftRight<16>(rounded(low)) & splatInt(0xffff)) | rounded(high); }

/** Neighbour rows in float32, from the first column of a tile on. */
struct FloatRows {
  const float* first;
  std::int64_t stride;

  template <class AnyTile>
  inline __attribute__((always_inline)) void prefetchRow(const AnyTile& tile, std::int64_t row) const {
    tile.prefetchRow(first + row * stride);
  }
  template <bool weighted, class AnyTile>
  inline __attribute__((always_inline)) void add(const AnyTile& tile, typename AnyTile::Values& total, float weight, std::int64_t row) const {
    if constexpr (weighted) tile.addScaled(total, splat(weight), first + row * stride);
    else tile.add(total, first + row * stride);
  }
};

/** The same rounded; sums stay float32. */
struct BfloatRows {
  const std::int32_t* first;
  std::int64_t stride;

  template <int count>
  inline __attribute__((always_inline)) void prefetchRow(const Tile<count>&, std::int64_t row) const {
    for (int i = 0; i < (count * lanes + 1) / 2; i += 16) prefetch(first + row * stride + i);
  }
  template <bool weighted, int count>
  inline __attribute__((always_inline)) void add(const Tile<count>& tile, typename Tile<count>::Values& total, float weight,
                                                 std::int64_t row) const {
    const std::int32_t* const words = first + row * stride;
    const Vec scale = splat(weight);
    const auto addTo = [&](Vec& sum, Vec value) { sum = weighted ? fma(scale, value, sum) : sum + value; };
    if constexpr (count == 1) {
      addTo(total.v[0], tile.get(reinterpret_cast<const float*>(words), 0));
    } else {
      for (int i = 0; i < count / 2; ++i) {
        const IntVec pairs = loadInt(words + i * lanes);
        addTo(total.v[i], lowHalves(pairs));
        addTo(total.v[i + count / 2], highHalves(pairs));
      }
    }
  }
};

/** The words of a tile = its values rounded. */
template <int count>
AMR_INLINE void writeRounded(const Tile<count>& tile, std::int32_t* words, const typename Tile<count>::Values& values) {
  if constexpr (count == 1) {
    tile.put(reinterpret_cast<float*>(words), 0, asFloat(rounded(values.v[0])));
  } else {
    for (int i = 0; i < count / 2; ++i) storeInt(words + i * lanes, pairOf(values.v[i], values.v[i + count / 2]));
  }
}

/**
 * A slice of at most 64 columns of a matrix as words. In a row, tile after tile (see `forTilesOf`): of a tile of several vectors the first
 * half of its columns lies in the lower halves of words and the second half in the upper ones; a tile of one vector has a word a value.
 */
struct BfloatSlice {
  std::int32_t* words;
  std::int64_t columns;

  /** Columns that lie two in a word: those of the tiles of several vectors. */
  std::int64_t paired() const { return lanes < 16 ? columns / 16 * 16 : columns / tileColumns * tileColumns; }
  /** Words from row to row. */
  std::int64_t stride() const { return columns - paired() / 2; }
  /** Where the tile at column c of the slice begins in a row. */
  std::int64_t offset(std::int64_t c) const { return c <= paired() ? c / 2 : c - paired() / 2; }
  template <int count>
  inline __attribute__((always_inline)) void put(const Tile<count>& tile, std::int64_t row, std::int64_t c,
                                                 const typename Tile<count>::Values& values) const {
    writeRounded(tile, words + row * stride() + offset(c), values);
  }
  /** The rows from that tile on. */
  BfloatRows rows(std::int64_t c) const { return {words + offset(c), stride()}; }
};

/** slice = the rows of x [rows, ...], which points at its first column; they are `stride` apart. */
static inline void roundRows(const BfloatSlice& slice, const float* x, std::int64_t stride, std::int64_t rows, const Workers& workers) {
  forRanges(workers, rows, rowGrain(slice.columns), [&](std::int64_t begin, std::int64_t end) {
    forTilesOf(0, slice.columns, [&](auto tile, std::int64_t c) {
      for (std::int64_t r = begin; r < end; ++r) slice.put(tile, r, c, tile.read(x + r * stride + c));
    });
  });
}

}  // namespace amr::AMR_ISA
