#include "kernels/axpby.h"

#include "simd/elements.h"

namespace amr::AMR_ISA {

void axpby(const Axpby& s, const Workers& workers) {
  const Vec alpha = splat(s.alpha), beta = splat(s.beta);
  if (s.beta == 0.0f) {
    forElements(workers, s.n, [&](std::int64_t i, int n) { storeN(s.out + i, alpha * loadN(s.x + i, n), n); });
  } else {
    const float* const y = s.y == nullptr ? s.out : s.y;
    forElements(workers, s.n, [&](std::int64_t i, int n) {
      storeN(s.out + i, fma(beta, loadN(y + i, n), alpha * loadN(s.x + i, n)), n);
    });
  }
}

}  // namespace amr::AMR_ISA
