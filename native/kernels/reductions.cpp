#include "kernels/reductions.h"

#include "simd/reduce.h"

namespace amr::AMR_ISA {

void sum(const Sum& s, const Workers& workers) {
  const double total =
      sumOfElements(workers, s.n, [&](DoubleVec t, std::int64_t i, int n) { return addWide(t, loadN(s.x + i, n)); });
  *s.out = static_cast<float>(static_cast<double>(s.alpha) * total);
}

void dot(const Dot& s, const Workers& workers) {
  const double total = sumOfElements(
      workers, s.n, [&](DoubleVec t, std::int64_t i, int n) { return fmaWide(loadN(s.a + i, n), loadN(s.b + i, n), t); });
  *s.out = static_cast<float>(static_cast<double>(s.alpha) * total);
}

}  // namespace amr::AMR_ISA
