#include "kernels/lightgcnReadout.h"

#include "simd/propagate.h"

namespace amr::AMR_ISA {

namespace {

/** next = weight * (e0 + A s), or weight * e0 when s is null. */
void step(const LightgcnReadout& s, float* next, const float* current, float weight, const Workers& workers) {
  const Csr a = s.a;
  forRowsByEntries(workers, a.offsets, a.rows, rowGrain(s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(s.e0 + r * s.d + c);
        if (current != nullptr) addEntries(tile, total, a, a.offsets[r], a.offsets[r + 1], current + c, s.d);
        tile.blend(next + r * s.d + c, total, weight, 0.0f);
      });
    }
  });
}

}  // namespace

void lightgcnReadout(const LightgcnReadout& s, const Workers& workers) {
  if (s.layers == 0) return step(s, s.out, nullptr, s.weight, workers);
  const float* current = s.e0;
  for (std::int64_t layer = 1; layer < s.layers; ++layer) {
    float* next = s.scratch + (layer % 2) * s.a.rows * s.d;
    step(s, next, current, 1.0f, workers);
    current = next;
  }
  step(s, s.out, current, s.weight, workers);
}

}  // namespace amr::AMR_ISA
