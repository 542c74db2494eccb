#include "kernels/lightgcnReadout.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

namespace {

/** A slice of columns of a matrix: pointer to its first column, and how far its rows are apart. */
struct Slice {
  float* data;
  std::int64_t stride;
};

/** next = weight * (e0 + A current) on `columns` columns. */
void step(const Csr& a, Slice next, Slice e0, Slice current, std::int64_t columns, float weight, const Workers& workers) {
  forSlices(workers, a, columns, [&](auto tile, std::int64_t c, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      auto total = tile.read(e0.data + r * e0.stride + c);
      addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], a.nnz, current.data + c, current.stride);
      tile.blend(next.data + r * next.stride + c, total, weight, 0.0f);
    }
  });
}

}  // namespace

void lightgcnReadout(const LightgcnReadout& s, const Workers& workers) {
  if (s.layers == 0) {
    const Vec weight = splat(s.weight);
    return forElements(workers, s.a.rows * s.d, [&](std::int64_t i, int n) { storeN(s.out + i, weight * loadN(s.e0 + i, n), n); });
  }
  // A slice of columns goes through all layers before the next one, and what lies between layers is packed into the same
  // two buffers for every slice, so that it is still in the cache.
  for (std::int64_t c = 0; c < s.d; c += tileColumns) {
    const std::int64_t columns = smaller(tileColumns, s.d - c);
    const Slice e0{const_cast<float*>(s.e0) + c, s.d}, out{s.out + c, s.d};
    const Slice packed[2] = {{s.scratch, columns}, {s.scratch + s.a.rows * columns, columns}};
    Slice current = e0;
    for (std::int64_t layer = 1; layer < s.layers; ++layer) {
      step(s.a, packed[layer % 2], e0, current, columns, 1.0f, workers);
      current = packed[layer % 2];
    }
    step(s.a, out, e0, current, columns, s.weight, workers);
  }
}

}  // namespace amr::AMR_ISA
