#include "kernels/transpose.h"

#include "simd/tiles.h"

namespace amr::AMR_ISA {
namespace {

/** Rows and columns of a block: 32 lines of either side stay in the L1 cache. */
constexpr std::int64_t side = 32;

}  // namespace

void transpose(const Transpose& s, const Workers& workers) {
  const std::int64_t across = ceilDivide(s.d, side), blocks = ceilDivide(s.n, side) * across;
  forRanges(workers, blocks, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t row = block / across * side, column = block % across * side;
      const std::int64_t lastRow = smaller(row + side, s.n), lastColumn = smaller(column + side, s.d);
      for (std::int64_t c = column; c < lastColumn; ++c) {
        float* out = s.out + c * s.n;
        for (std::int64_t r = row; r < lastRow; ++r) {
          const float value = s.x[r * s.d + c];
          out[r] = s.beta == 0.0f ? value : value + s.beta * out[r];
        }
      }
    }
  });
}

}  // namespace amr::AMR_ISA
