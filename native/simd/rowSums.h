#pragma once
#include "simd/elements.h"

namespace amr::AMR_ISA {

/** Rows a thread takes at once. */
AMR_INLINE std::int64_t rowsAtOnceFor(std::int64_t d) { return larger(16, elementGrain / d); }

/** The dot product of two rows, in float64 inside: neither range nor digits of float32 are lost before the end. */
AMR_INLINE double dotRows(const float* a, const float* b, std::int64_t d) {
  DoubleVec first = zeroDouble(), second = zeroDouble();
  std::int64_t c = 0;
  for (; c + 2 * lanes <= d; c += 2 * lanes) {
    first = fmaWide(load(a + c), load(b + c), first);
    second = fmaWide(load(a + c + lanes), load(b + c + lanes), second);
  }
  forLanes(c, d, [&](std::int64_t i, int n) { first = fmaWide(loadN(a + i, n), loadN(b + i, n), first); });
  return sumDouble(first) + sumDouble(second);
}

}  // namespace amr::AMR_ISA
