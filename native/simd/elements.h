#pragma once
// Element-wise loops over vectors with a partial last one.
#include "simd/parallel.h"

namespace amr::AMR_ISA {

/** Elements a thread takes at once: 64 kB an array, so that a chunk is worth a hand-over and still fits the L2 cache. */
constexpr std::int64_t elementGrain = 16384;

/** n is `lanes`, known to the compiler in the main loop, or less at the end. */
AMR_INLINE Vec loadN(const float* p, int n) { return n == lanes ? load(p) : loadPartial(p, n); }
AMR_INLINE void storeN(float* p, Vec v, int n) {
  if (n == lanes) store(p, v);
  else storePartial(p, v, n);
}

/** body(i, n) for each vector of n <= lanes elements in [begin, end). */
template <class Body>
AMR_INLINE void forLanes(std::int64_t begin, std::int64_t end, const Body& body) {
  std::int64_t i = begin;
  for (; i + lanes <= end; i += lanes) body(i, lanes);
  if (i < end) body(i, static_cast<int>(end - i));
}

/** body(i, n) over [0, count) on all threads. */
template <class Body>
static inline void forElements(const Workers& workers, std::int64_t count, const Body& body) {
  forRanges(workers, count, elementGrain,
            [&](std::int64_t begin, std::int64_t end) { forLanes(begin, end, body); });
}

}  // namespace amr::AMR_ISA
