#include "kernels/normalizeRows.h"

#include "simd/rowSums.h"

namespace amr::AMR_ISA {
namespace {

/** Shorter rows are divided by this, so that a zero row stays zero. */
constexpr float shortest = 1e-12f;

}  // namespace

void normalizeRows(const NormalizeRows& s, const Workers& workers) {
  forRanges(workers, s.n, rowsAtOnceFor(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* x = s.x + row * s.d;
      float* out = s.out + row * s.d;
      const float norm = static_cast<float>(__builtin_sqrt(dotRows(x, x, s.d)));
      s.norms[row] = norm;
      const Vec divisor = splat(norm < shortest ? shortest : norm);  // a NaN norm passes
      forLanes(0, s.d, [&](std::int64_t c, int n) { storeN(out + c, loadN(x + c, n) / divisor, n); });
    }
  });
}

/** d(x / |x|) = (dOut - out (out . dOut)) / |x|; where the length was below the bound the divisor is a constant. */
void normalizeRowsBackward(const NormalizeRowsBackward& s, const Workers& workers) {
  forRanges(workers, s.n, rowsAtOnceFor(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* out = s.out + row * s.d;
      const float* dOut = s.dOut + row * s.d;
      float* dx = s.dx + row * s.d;
      const bool constant = s.norms[row] < shortest;
      const Vec along = splat(constant ? 0.0f : static_cast<float>(-dotRows(out, dOut, s.d)));
      const Vec divisor = splat(constant ? shortest : s.norms[row]);
      forLanes(0, s.d, [&](std::int64_t c, int n) {
        const Vec across = fma(along, loadN(out + c, n), loadN(dOut + c, n));
        storeN(dx + c, loadN(dx + c, n) + across / divisor, n);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
