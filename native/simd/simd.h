#pragma once
/**
 * One short vector of floats, as wide as the instruction set this file is compiled for. Kernels are written once against it, without
 * templates and inline functions of shared headers: native/README.md#rules-of-kernel-code says why.
 */
#include <cstddef>
#include <cstdint>

#define AMR_INLINE static inline __attribute__((always_inline, unused))

#if defined(AMR_ISA_avx512)
#include "simd/avx512.h"
#elif defined(AMR_ISA_avx2)
#include "simd/avx2.h"
#elif defined(AMR_ISA_neon)
#include "simd/neon.h"
#elif defined(AMR_ISA_emulated16)
#define AMR_PLAIN_LANES 16
#include "simd/plain.h"
#elif defined(AMR_ISA_scalar)
#define AMR_PLAIN_LANES 1
#include "simd/plain.h"
#else
#error "compile with AMR_ISA=<name> and AMR_ISA_<name>=1"
#endif

namespace amr::AMR_ISA {

AMR_INLINE void prefetch(const void* address) { __builtin_prefetch(address, 0, 3); }

AMR_INLINE Vec negate(Vec a) { return zero() - a; }

/** The first min(n, lanes) lanes from memory, the rest zero; n may be negative. */
AMR_INLINE Vec loadUpTo(const float* p, std::int64_t n) {
  return n >= lanes ? load(p) : n > 0 ? loadPartial(p, static_cast<int>(n)) : zero();
}
AMR_INLINE void storeUpTo(float* p, Vec v, std::int64_t n) {
  if (n >= lanes) store(p, v);
  else if (n > 0) storePartial(p, v, static_cast<int>(n));
}

}  // namespace amr::AMR_ISA
