#include "kernels/bias.h"

#include "simd/elements.h"
#include "simd/tiles.h"
#include "runtime/scratch.h"

namespace amr::AMR_ISA {
namespace {

void addLeakyBias(const AddBias& s, const Workers& workers) {
  const Vec slope = splat(s.slope);
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forLanes(0, s.d, [&](std::int64_t c, int n) {
        const Vec sum = loadN(s.x + r * s.d + c, n) + loadN(s.bias + c, n);
        storeN(s.out + r * s.d + c, select(less(zero(), sum), sum, slope * sum), n);
      });
    }
  });
}

}  // namespace

void addBias(const AddBias& s, const Workers& workers) {
  if (s.slope != 1.0f) return addLeakyBias(s, workers);
  forRanges(workers, s.n, larger(16, elementGrain / s.d), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      forTiles(s.d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(s.x + r * s.d + c);
        tile.add(total, s.bias + c);
        tile.write(s.out + r * s.d + c, total);
      });
    }
  });
}

void addRowSums(const AddRowSums& s, const Workers& workers) {
  // Pieces of rows are summed apart and then added in order, so the bits do not depend on who summed which.
  const std::int64_t grain = larger(64, elementGrain / s.d);
  const std::int64_t chunks = ceilDivide(s.n, grain);
  const Scratch memory(static_cast<std::size_t>(chunks * s.d) * sizeof(float));
  float* const partial = memory.floats();
  forChunks(workers, chunks, [&](std::int64_t chunk) {
    const std::int64_t end = smaller((chunk + 1) * grain, s.n);
    forTiles(s.d, [&](auto tile, std::int64_t c) {
      auto total = tile.zeros();
      for (std::int64_t r = chunk * grain; r < end; ++r) tile.add(total, s.x + r * s.d + c);
      tile.write(partial + chunk * s.d + c, total);
    });
  });
  forTiles(s.d, [&](auto tile, std::int64_t c) {
    auto total = tile.zeros();
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) tile.add(total, partial + chunk * s.d + c);
    tile.add(total, s.out + c);
    tile.write(s.out + c, total);
  });
}

}  // namespace amr::AMR_ISA
