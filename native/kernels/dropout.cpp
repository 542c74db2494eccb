#include "kernels/dropout.h"

#include "simd/philox.h"

namespace amr::AMR_ISA {

void dropout(const Dropout& s, const Workers& workers) {
  const Vec rate = splat(s.rate), scale = splat(1.0f / (1.0f - s.rate)), beta = splat(s.beta);
  forUniforms(workers, s.n, s.key0, s.key1, [&](std::int64_t i, int n, const float* u) {
    const Vec kept = select(less(load(u), rate), zero(), scale * loadN(s.x + i, n));
    storeN(s.out + i, s.beta == 0.0f ? kept : fma(beta, loadN(s.out + i, n), kept), n);
  });
}

}  // namespace amr::AMR_ISA
