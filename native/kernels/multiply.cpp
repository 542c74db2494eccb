#include "kernels/multiply.h"

#include "simd/elements.h"

namespace amr::AMR_ISA {

void multiply(const Multiply& s, const Workers& workers) {
  const Vec beta = splat(s.beta);
  if (s.beta == 0.0f) {
    forElements(workers, s.n, [&](std::int64_t i, int n) { storeN(s.out + i, loadN(s.a + i, n) * loadN(s.b + i, n), n); });
  } else {
    forElements(workers, s.n, [&](std::int64_t i, int n) {
      storeN(s.out + i, fma(loadN(s.a + i, n), loadN(s.b + i, n), beta * loadN(s.out + i, n)), n);
    });
  }
}

}  // namespace amr::AMR_ISA
