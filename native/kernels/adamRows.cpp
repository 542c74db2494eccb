#include "kernels/adamRows.h"

#include "runtime/scratch.h"
#include "simd/adamStep.h"
#include "simd/tiles.h"

namespace amr::AMR_ISA {
namespace {

/** Rows a thread takes at once. */
constexpr std::int64_t adamRowGrain = 32;

AMR_INLINE std::int64_t rowAt(const AdamRows& s, std::int64_t j) { return s.rowIds == nullptr ? j : s.rowIds[j]; }

AMR_INLINE std::int64_t takenBy(const AdamRows& s, std::int64_t row) {
  if (s.stepsTaken == nullptr) return s.step;
  const std::int64_t taken = s.stepsTaken[row];
  return taken < 0 || taken > s.step ? s.step : taken;
}

AMR_INLINE void setTaken(const AdamRows& s, std::int64_t row) {
  if (s.stepsTaken != nullptr) s.stepsTaken[row] = static_cast<std::int32_t>(s.step);
}

/** Asks for the row after next: its three runs lie anywhere, and the steps of one row take longer than the way to memory. */
AMR_INLINE void prefetchRows(const AdamRows& s, std::int64_t j) {
  if (j >= s.listed) return;
  const std::int64_t at = rowAt(s, j) * s.d;
  for (std::int64_t c = 0; c < s.d; c += 16) {
    prefetch(s.parameter + at + c);
    prefetch(s.m + at + c);
    prefetch(s.v + at + c);
  }
}

}  // namespace

void adamRows(const AdamRows& given, const Workers& workers) {
  AdamRows s = given;
  if (s.clock != nullptr) s.step = *s.clock;
  std::int64_t oldest = s.step;
  for (std::int64_t j = 0; s.stepsTaken != nullptr && j < s.listed; ++j) oldest = smaller(oldest, takenBy(s, rowAt(s, j)));
  const Scratch memory(static_cast<std::size_t>(s.step - oldest + 1) * sizeof(AdamRates));
  AdamRates* const rates = static_cast<AdamRates*>(memory.data());  // of the steps oldest + 1 .. step
  for (std::int64_t step = oldest + 1; step <= s.step; ++step) rates[step - oldest - 1] = adamRates(s.settings, step);
  const AdamRates lastRates = adamRates(s.settings, s.step);
  const std::int64_t lastWithout = s.gradient == nullptr ? s.step : s.step - 1;

  const AdamStep step(s.settings);
  forRanges(workers, s.listed, adamRowGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      prefetchRows(s, j + 2);
      const std::int64_t row = rowAt(s, j);
      if (s.rowIds != nullptr && j > 0 && s.rowIds[j - 1] == row) continue;
      const std::int64_t taken = takenBy(s, row);
      if (taken >= lastWithout && s.gradient == nullptr) {
        setTaken(s, row);
        continue;
      }
      forLanes(0, s.d, [&](std::int64_t c, int n) {
        const std::int64_t at = row * s.d + c;
        Vec parameter = loadN(s.parameter + at, n), m = loadN(s.m + at, n), v = loadN(s.v + at, n);
        for (std::int64_t t = taken; t < lastWithout; ++t) step.move(parameter, m, v, zero(), zero(), rates[t - oldest]);
        if (s.gradient != nullptr) step.move(parameter, m, v, loadN(s.gradient + j * s.d + c, n), lastRates);
        storeN(s.m + at, m, n);
        storeN(s.v + at, v, n);
        storeN(s.parameter + at, parameter, n);
      });
      setTaken(s, row);
    }
  });
}

}  // namespace amr::AMR_ISA
