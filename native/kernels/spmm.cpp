#include "kernels/spmm.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {
namespace {

/** With rows(c): the rows of x from column c on. */
template <class RowsOf>
void multiply(const Spmm& s, const Workers& workers, const RowsOf& rows) {
  const Csr a = s.a;
  forSlices(workers, a, s.d, [&](auto tile, std::int64_t c, std::int64_t begin, std::int64_t end) {
    const auto x = rows(c);
    for (std::int64_t r = begin; r < end; ++r) {
      auto total = tile.zeros();
      addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], a.nnz, x);
      tile.blend(s.out + r * s.d + c, total, s.alpha, s.beta);
    }
  });
}

}  // namespace

void spmm(const Spmm& s, const Workers& workers) {
  multiply(s, workers, [&](std::int64_t c) { return FloatRows{s.x + c, s.d}; });
}

void spmmBfloat(const SpmmBfloat& s, const Workers& workers) {
  const std::int64_t nodes = s.product.a.cols, d = s.product.d;
  // slice after slice; words of 64 columns take half their room
  const auto slice = [&](std::int64_t c) {
    const std::int64_t first = c / tileColumns * tileColumns;
    return BfloatSlice{s.scratch + nodes * (first / 2), smaller(tileColumns, d - first)};
  };
  for (std::int64_t c = 0; c < d; c += tileColumns) roundRows(slice(c), s.product.x + c, d, nodes, workers);
  multiply(s.product, workers, [&](std::int64_t c) { return slice(c).rows(c % tileColumns); });
}

}  // namespace amr::AMR_ISA
