#pragma once
// Sums in float64 whose order depends on the length only.
#include "runtime/scratch.h"
#include "simd/elements.h"

namespace amr::AMR_ISA {

/** The sum over chunks of part(chunk), added in the order of the chunks. */
template <class Part>
static inline double sumOfChunks(const Workers& workers, std::int64_t chunks, const Part& part) {
  const Scratch memory(static_cast<std::size_t>(chunks) * sizeof(double));
  double* const partial = memory.doubles();
  forChunks(workers, chunks, [&](std::int64_t chunk) { partial[chunk] = part(chunk); });
  double total = 0.0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  return total;
}

/** The sum over [0, n), where step(total, i, count) adds the vector of `count` elements at i to `total`. */
template <class Step>
static inline double sumOfElements(const Workers& workers, std::int64_t n, const Step& step) {
  return sumOfChunks(workers, ceilDivide(n, elementGrain), [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * elementGrain;
    DoubleVec total = zeroDouble();
    forLanes(begin, smaller(begin + elementGrain, n), [&](std::int64_t i, int count) { total = step(total, i, count); });
    return sumDouble(total);
  });
}

}  // namespace amr::AMR_ISA
