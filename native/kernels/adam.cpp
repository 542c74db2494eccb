#include "kernels/adam.h"

#include "simd/adamStep.h"

namespace amr::AMR_ISA {

void adam(const Adam& s, const Workers& workers) {
  const AdamStep step(s.settings);
  const AdamRates rates = adamRates(s.settings, s.step);
  forElements(workers, s.n, [&](std::int64_t i, int n) {
    Vec parameter = loadN(s.parameter + i, n), m = loadN(s.m + i, n), v = loadN(s.v + i, n);
    step.move(parameter, m, v, loadN(s.gradient + i, n), rates);
    storeN(s.m + i, m, n);
    storeN(s.v + i, v, n);
    storeN(s.parameter + i, parameter, n);
  });
}

}  // namespace amr::AMR_ISA
