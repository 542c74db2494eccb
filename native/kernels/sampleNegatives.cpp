#include "kernels/sampleNegatives.h"

#include "simd/contains.h"
#include "simd/parallel.h"
#include "simd/philox.h"

namespace amr::AMR_ISA {
void sampleNegatives(const SampleNegatives& s, const Workers& workers) {
  forRanges(workers, s.m, 256, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      const std::int32_t from = s.train.offsets[s.userIds[j]], to = s.train.offsets[s.userIds[j] + 1];
      const std::uint32_t position = s.first + static_cast<std::uint32_t>(j);
      std::int32_t item = 0;
      std::uint32_t draw = 0;
      do {
        const std::uint64_t word = philox(s.key0, s.key1, position, draw++).words[0];
        item = static_cast<std::int32_t>(word * static_cast<std::uint64_t>(s.items) >> 32);
      } while (contains(s.train.indices + from, to - from, item));
      s.negatives[j] = item;
    }
  });
}

}  // namespace amr::AMR_ISA
