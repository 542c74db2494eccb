#include "kernels/sampleNegatives.h"

#include "simd/parallel.h"

namespace amr::AMR_ISA {
namespace {

/** Word 0 of Philox 4x32-10 (Salmon et al. 2011) for counter (c0, c1, 0, 0); the same function as core's `philox`. */
std::uint32_t philoxWord(std::uint32_t key0, std::uint32_t key1, std::uint32_t c0, std::uint32_t c1) {
  std::uint32_t c2 = 0, c3 = 0;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = std::uint64_t{0xd2511f53u} * c0, right = std::uint64_t{0xcd9e8d57u} * c2;
    c0 = static_cast<std::uint32_t>(right >> 32) ^ c1 ^ key0;
    c1 = static_cast<std::uint32_t>(right);
    c2 = static_cast<std::uint32_t>(left >> 32) ^ c3 ^ key1;
    c3 = static_cast<std::uint32_t>(left);
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return c0;
}

/** Whether ascending row[0..n) contains `item`. */
bool contains(const std::int32_t* row, std::int64_t n, std::int32_t item) {
  std::int64_t low = 0, high = n;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (row[middle] < item) low = middle + 1;
    else high = middle;
  }
  return low < n && row[low] == item;
}

}  // namespace

void sampleNegatives(const SampleNegatives& s, const Workers& workers) {
  forRanges(workers, s.m, 256, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      const std::int32_t from = s.train.offsets[s.userIds[j]], to = s.train.offsets[s.userIds[j] + 1];
      const std::uint32_t position = s.first + static_cast<std::uint32_t>(j);
      std::int32_t item = 0;
      std::uint32_t draw = 0;
      do {
        const std::uint64_t word = philoxWord(s.key0, s.key1, position, draw++);
        item = static_cast<std::int32_t>(word * static_cast<std::uint64_t>(s.items) >> 32);
      } while (contains(s.train.indices + from, to - from, item));
      s.negatives[j] = item;
    }
  });
}

}  // namespace amr::AMR_ISA
