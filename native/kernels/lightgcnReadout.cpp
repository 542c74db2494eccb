#include "kernels/lightgcnReadout.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

namespace {

/** A slice of columns of a matrix: pointer to its first column, and how far its rows are apart. */
struct Slice {
  float* data;
  std::int64_t stride;

  FloatRows rows(std::int64_t c) const { return {data + c, stride}; }
  template <class AnyTile>
  inline __attribute__((always_inline)) void put(const AnyTile& tile, std::int64_t row, std::int64_t c, const typename AnyTile::Values& values) const {
    tile.write(data + row * stride + c, values);
  }
};

/** next = e0 + A current on `columns` columns, times the weight where it is the last. */
template <bool isLast, class Next, class Current>
void step(const Csr& a, Next next, Slice e0, Current current, std::int64_t columns, float weight, const Workers& workers) {
  forSlices(workers, a, columns, [&](auto tile, std::int64_t c, std::int64_t begin, std::int64_t end) {
    const auto x = current.rows(c);
    for (std::int64_t r = begin; r < end; ++r) {
      auto total = tile.read(e0.data + r * e0.stride + c);
      addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], a.nnz, x);
      if constexpr (isLast) tile.blend(next.data + r * next.stride + c, total, weight, 0.0f);
      else next.put(tile, r, c, total);
    }
  });
}

/**
 * A slice of columns goes through all layers before the next one, and what lies between layers is packed into the same two buffers for
 * every slice, so that it is still in the cache.
 * @param first of a slice of e0: what the first layer reads
 * @param between of an index and the columns: one of the two buffers
 */
template <class First, class Between>
void readout(const LightgcnReadout& s, const Workers& workers, const First& first, const Between& between) {
  for (std::int64_t c = 0; c < s.d; c += tileColumns) {
    const std::int64_t columns = smaller(tileColumns, s.d - c);
    const Slice e0{const_cast<float*>(s.e0) + c, s.d}, out{s.out + c, s.d};
    const auto start = first(e0, columns);
    if (s.layers == 1) {
      step<true>(s.a, out, e0, start, columns, s.weight, workers);
      continue;
    }
    step<false>(s.a, between(1, columns), e0, start, columns, 1.0f, workers);
    for (std::int64_t layer = 2; layer < s.layers; ++layer) {
      step<false>(s.a, between(layer % 2, columns), e0, between(1 - layer % 2, columns), columns, 1.0f, workers);
    }
    step<true>(s.a, out, e0, between(1 - s.layers % 2, columns), columns, s.weight, workers);
  }
}

void weigh(const LightgcnReadout& s, const Workers& workers) {
  const Vec weight = splat(s.weight);
  forElements(workers, s.a.rows * s.d, [&](std::int64_t i, int n) { storeN(s.out + i, weight * loadN(s.e0 + i, n), n); });
}

}  // namespace

void lightgcnReadout(const LightgcnReadout& s, const Workers& workers) {
  if (s.layers == 0) return weigh(s, workers);
  readout(
      s, workers, [](Slice e0, std::int64_t) { return e0; },
      [&](std::int64_t index, std::int64_t columns) { return Slice{s.scratch + index * s.a.rows * columns, columns}; });
}

void lightgcnReadoutBfloat(const LightgcnReadout& s, const Workers& workers) {
  if (s.layers == 0) return weigh(s, workers);
  const std::int64_t words = s.a.rows * smaller(tileColumns, s.d);
  std::int32_t* const memory = reinterpret_cast<std::int32_t*>(s.scratch);
  const auto between = [&](std::int64_t index, std::int64_t columns) { return BfloatSlice{memory + index * words, columns}; };
  readout(
      s, workers,
      [&](Slice e0, std::int64_t columns) {
        roundRows(between(0, columns), e0.data, e0.stride, s.a.rows, workers);
        return between(0, columns);
      },
      between);
}

}  // namespace amr::AMR_ISA
