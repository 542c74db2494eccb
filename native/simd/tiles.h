#pragma once
// Rows cut into column tiles that stay in registers while a kernel walks over many rows.
#include "simd/elements.h"

namespace amr::AMR_ISA {

/** Columns of a full tile: 8 AVX2 or 4 AVX-512 registers, four cache lines of each row visited. */
constexpr int tileColumns = 64;

/** `count` vectors side by side. A tile of one vector may be narrower than the vector: `columns` counts. */
template <int count>
struct Tile {
  static constexpr int vectors = count;
  struct Values {
    Vec v[count];
  };
  int columns;

  inline __attribute__((always_inline)) Vec get(const float* p, int i) const {
    if constexpr (count == 1) return loadN(p, columns);
    else return load(p + i * lanes);
  }
  inline __attribute__((always_inline)) void put(float* p, int i, Vec v) const {
    if constexpr (count == 1) storeN(p, v, columns);
    else store(p + i * lanes, v);
  }
  inline __attribute__((always_inline)) Values zeros() const {
    Values a;
    for (int i = 0; i < count; ++i) a.v[i] = zero();
    return a;
  }
  inline __attribute__((always_inline)) Values read(const float* p) const {
    Values a;
    for (int i = 0; i < count; ++i) a.v[i] = get(p, i);
    return a;
  }
  inline __attribute__((always_inline)) void write(float* p, const Values& a) const {
    for (int i = 0; i < count; ++i) put(p, i, a.v[i]);
  }
  /** total += p */
  inline __attribute__((always_inline)) void add(Values& total, const float* p) const {
    for (int i = 0; i < count; ++i) total.v[i] = total.v[i] + get(p, i);
  }
  /** total += weight * p */
  inline __attribute__((always_inline)) void addScaled(Values& total, Vec weight, const float* p) const {
    for (int i = 0; i < count; ++i) total.v[i] = fma(weight, get(p, i), total.v[i]);
  }
  /** p = alpha * total + beta * p; with beta = 0 the old p is not read. */
  inline __attribute__((always_inline)) void blend(float* p, const Values& total, float alpha, float beta) const {
    for (int i = 0; i < count; ++i) {
      const Vec scaled = splat(alpha) * total.v[i];
      put(p, i, beta == 0.0f ? scaled : fma(splat(beta), get(p, i), scaled));
    }
  }
  inline __attribute__((always_inline)) void prefetchRow(const float* p) const {
    for (int i = 0; i < count * lanes; i += 16) prefetch(p + i);
  }
};

/** body(tile, firstColumn) for the tiles of columns [begin, end): as many full ones as fit, then narrower ones. */
template <class Body>
AMR_INLINE void forTilesOf(std::int64_t begin, std::int64_t end, const Body& body) {
  std::int64_t c = begin;
  for (; c + tileColumns <= end; c += tileColumns) body(Tile<tileColumns / lanes>{tileColumns}, c);
  if constexpr (lanes < 16) {
    for (; c + 16 <= end; c += 16) body(Tile<16 / lanes>{16}, c);
  }
  for (; c < end; c += lanes) body(Tile<1>{static_cast<int>(smaller(lanes, end - c))}, c);
}

/** The same for all columns of rows of width d. */
template <class Body>
AMR_INLINE void forTiles(std::int64_t d, const Body& body) {
  forTilesOf(0, d, body);
}

/** Multiply-adds worth handing to a thread. */
constexpr std::int64_t workGrain = 131072;

/** Rows a thread takes at once where each costs `perRow` multiply-adds. */
AMR_INLINE std::int64_t rowGrain(std::int64_t perRow) { return larger(16, workGrain / larger(1, perRow)); }

}  // namespace amr::AMR_ISA
