#include "kernels/leastSquaresRows.h"

#include "runtime/scratch.h"
#include "simd/products.h"
#include "simd/tiles.h"

namespace amr::AMR_ISA {
namespace {

/** Rows that take their steps together: they share the reading of the gram matrix, which comes from the second cache each time. */
constexpr int together = lanes == 16 ? 8 : 6;
/** Vectors of a column tile whose sums for all of them stay in registers. */
constexpr int tileVectors = 2;
constexpr std::int64_t groupsAtOnce = 4;
/** Entries of a row whose products are found before any of them is added. */
constexpr std::int64_t entriesAtOnce = 64;
/** A residual shorter than the root of this is the solution as far as float32 can say. */
constexpr float smallestResidual = 1e-20f;

AMR_INLINE float dotOf(const float* a, const float* b, std::int64_t d) {
  Vec sums[4] = {zero(), zero(), zero(), zero()};
  std::int64_t c = 0;
  for (; c + 4 * lanes <= d; c += 4 * lanes) {
    for (int i = 0; i < 4; ++i) sums[i] = fma(load(a + c + i * lanes), load(b + c + i * lanes), sums[i]);
  }
  forLanes(c, d, [&](std::int64_t at, int n) { sums[0] = fma(loadN(a + at, n), loadN(b + at, n), sums[0]); });
  return sumLanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/** to += factor * from */
AMR_INLINE void addTo(float* to, float factor, const float* from, std::int64_t d) {
  const Vec f = splat(factor);
  forLanes(0, d, [&](std::int64_t c, int n) { storeN(to + c, fma(f, loadN(from + c, n), loadN(to + c, n)), n); });
}

template <int vectors>
AMR_INLINE void multiplyTile(const Tile<vectors>& tile, float* out, const float* rows, const float* gram, std::int64_t d) {
  typename Tile<vectors>::Values totals[together];
  for (int r = 0; r < together; ++r) totals[r] = tile.zeros();
  for (std::int64_t i = 0; i < d; ++i) {
    const auto line = tile.read(gram + i * d);
    for (int r = 0; r < together; ++r) {
      const Vec factor = splat(rows[r * d + i]);
      for (int v = 0; v < vectors; ++v) totals[r].v[v] = fma(factor, line.v[v], totals[r].v[v]);
    }
  }
  for (int r = 0; r < together; ++r) tile.write(out + r * d, totals[r]);
}

/** out[together, d] = rows[together, d] gram */
void multiplyByGram(float* out, const float* rows, const float* gram, std::int64_t d) {
  constexpr std::int64_t width = tileVectors * lanes;
  std::int64_t c = 0;
  for (; c + width <= d; c += width) multiplyTile(Tile<tileVectors>{static_cast<int>(width)}, out + c, rows, gram + c, d);
  for (; c < d; c += lanes) multiplyTile(Tile<1>{static_cast<int>(smaller(lanes, d - c))}, out + c, rows, gram + c, d);
}

/** The steps of `together` neighbouring rows, by one thread. */
class Group {
 public:
  static std::int64_t floats(const LeastSquaresRows& s) { return 4 * together * s.d; }
  Group(const LeastSquaresRows& s, float* memory)
      : s_(s), x_(memory), residual_(x_ + together * s.d), direction_(residual_ + together * s.d), image_(direction_ + together * s.d) {}

  void run(std::int64_t row) {
    const std::int64_t d = s_.d;
    const int count = static_cast<int>(smaller(together, s_.pattern.rows - row));
    for (std::int64_t i = 0; i < together * d; ++i) x_[i] = i < count * d ? s_.out[row * d + i] : 0.0f;
    applyTo(x_, row, count);
    float squares[together] = {};
    bool isDone[together];
    for (int r = 0; r < together; ++r) {
      isDone[r] = r >= count || !begin(row + r, r);
      squares[r] = dotOf(residual_ + r * d, residual_ + r * d, d);
      isDone[r] = isDone[r] || squares[r] < smallestResidual;
    }
    for (std::int64_t step = 0; step < s_.steps; ++step) {
      applyTo(direction_, row, count);
      for (int r = 0; r < count; ++r) {
        if (!isDone[r]) isDone[r] = !advance(r, squares[r]);
      }
    }
    for (std::int64_t i = 0; i < count * d; ++i) s_.out[row * d + i] = x_[i];
  }

 private:
  std::int64_t first(std::int64_t row) const { return s_.pattern.offsets[row]; }
  std::int64_t last(std::int64_t row) const { return s_.pattern.offsets[row + 1]; }
  const float* other(std::int64_t e) const { return s_.y + s_.pattern.indices[e] * s_.d; }

  /** image = A from for each row of the group */
  void applyTo(const float* from, std::int64_t row, int count) {
    const std::int64_t d = s_.d;
    multiplyByGram(image_, from, s_.gram, d);
    for (int r = 0; r < count; ++r) {
      float* const image = image_ + r * d;
      const float* const own = from + r * d;
      addTo(image, s_.regularisation[row + r], own, d);
      addEntries(image, row + r, [&](std::int64_t e) { return (s_.weight - 1.0f) * dotOf(other(e), own, d); });
    }
  }

  /** to += the sum over the entries of a row of factorOf(entry) * y of it, in their order */
  template <class FactorOf>
  void addEntries(float* to, std::int64_t row, const FactorOf& factorOf) {
    float factors[entriesAtOnce];
    for (std::int64_t begin = first(row); begin < last(row); begin += entriesAtOnce) {
      const std::int64_t count = smaller(entriesAtOnce, last(row) - begin);
      for (std::int64_t e = 0; e < count; ++e) factors[e] = factorOf(begin + e);
      forTiles(s_.d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(to + c);
        for (std::int64_t e = 0; e < count; ++e) tile.addScaled(total, splat(factors[e]), other(begin + e) + c);
        tile.write(to + c, total);
      });
    }
  }

  /** residual = direction = b - image; false for a row without entries, whose x becomes 0. */
  bool begin(std::int64_t row, int r) {
    const std::int64_t d = s_.d;
    float* const residual = residual_ + r * d;
    forLanes(0, d, [&](std::int64_t c, int n) { storeN(residual + c, negate(loadN(image_ + r * d + c, n)), n); });
    addEntries(residual, row, [&](std::int64_t) { return s_.weight; });
    for (std::int64_t c = 0; c < d; ++c) direction_[r * d + c] = residual[c];
    if (first(row) < last(row)) return true;
    for (std::int64_t c = 0; c < d; ++c) x_[r * d + c] = direction_[r * d + c] = 0.0f;
    return false;
  }

  /** One step of a row; false when it has arrived. */
  bool advance(int r, float& square) {
    const std::int64_t d = s_.d;
    float* const residual = residual_ + r * d;
    float* const direction = direction_ + r * d;
    const float length = square / dotOf(direction, image_ + r * d, d);
    addTo(x_ + r * d, length, direction, d);
    addTo(residual, -length, image_ + r * d, d);
    const float next = dotOf(residual, residual, d);
    const Vec keep = splat(next / square);
    square = next;
    forLanes(0, d, [&](std::int64_t c, int n) { storeN(direction + c, fma(keep, loadN(direction + c, n), loadN(residual + c, n)), n); });
    return next >= smallestResidual;
  }

  const LeastSquaresRows& s_;
  float* x_;
  float* residual_;
  float* direction_;
  float* image_;
};

}  // namespace

void leastSquaresRows(const LeastSquaresRows& s, const Workers& workers) {
  const std::int64_t groups = ceilDivide(s.pattern.rows, together), chunks = ceilDivide(groups, groupsAtOnce);
  const std::int64_t slots = slotsFor(workers, chunks), floats = Group::floats(s);
  const Scratch memory(static_cast<std::size_t>(slots * floats) * sizeof(float));
  forSlots(workers, slots, chunks, [&](std::int64_t slot, Chunks& left) {
    Group own(s, memory.floats() + slot * floats);
    for (std::int64_t chunk; (chunk = left.take()) >= 0;) {
      for (std::int64_t g = chunk * groupsAtOnce; g < smaller((chunk + 1) * groupsAtOnce, groups); ++g) own.run(g * together);
    }
  });
}

}  // namespace amr::AMR_ISA
