#pragma once
// Loops over the thread pool for kernels. Internal linkage and the namespace of the instruction set: see simd.h.
#include "kernels/arguments.h"
#include "runtime/workers.h"
#include "simd/simd.h"

namespace amr::AMR_ISA {

AMR_INLINE std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
AMR_INLINE std::int64_t larger(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
AMR_INLINE std::int64_t ceilDivide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/** body(chunk) for each chunk in [0, chunks), on any thread. */
template <class Body>
static inline void forChunks(const Workers& workers, std::int64_t chunks, const Body& body) {
  workers.run(
      chunks, [](void* context, std::int64_t chunk) { (*static_cast<const Body*>(context))(chunk); },
      const_cast<Body*>(&body));
}

/** body(begin, end) over [0, count) in pieces of `grain`. */
template <class Body>
static inline void forRanges(const Workers& workers, std::int64_t count, std::int64_t grain, const Body& body) {
  forChunks(workers, ceilDivide(count, grain), [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * grain;
    body(begin, smaller(begin + grain, count));
  });
}

/** First row r with offsets[r] + r >= weight: cuts rows so that pieces hold equal numbers of entries plus rows. */
AMR_INLINE std::int64_t rowAtWeight(const std::int32_t* offsets, std::int64_t rows, std::int64_t weight) {
  std::int64_t low = 0, high = rows;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (offsets[middle] + middle < weight) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** body(beginRow, endRow) over the rows of compressed offsets, in pieces of about `grain` entries plus rows. */
template <class Body>
static inline void forRowsByEntries(const Workers& workers, const std::int32_t* offsets, std::int64_t rows, std::int64_t grain,
                                    const Body& body) {
  if (rows == 0) return;
  const std::int64_t total = offsets[rows] + rows;
  forChunks(workers, ceilDivide(total, grain), [&](std::int64_t chunk) {
    const std::int64_t begin = rowAtWeight(offsets, rows, chunk * grain);
    const std::int64_t end = (chunk + 1) * grain >= total ? rows : rowAtWeight(offsets, rows, (chunk + 1) * grain);
    if (begin < end) body(begin, end);
  });
}

}  // namespace amr::AMR_ISA
