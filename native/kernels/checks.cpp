// The scans behind the addon's index checks.
#include "simd/simd.h"

namespace amr::AMR_ISA {

void intRange(const std::int32_t* values, std::int64_t n, std::int32_t* smallest, std::int32_t* largest);
bool nondecreasing(const std::int32_t* values, std::int64_t n);

void intRange(const std::int32_t* values, std::int64_t n, std::int32_t* smallest, std::int32_t* largest) {
  std::int32_t low = values[0], high = values[0];
  std::int64_t i = 0;
  if (n >= 4 * lanes) {
    IntVec lows[4], highs[4];
    for (int j = 0; j < 4; ++j) lows[j] = highs[j] = loadInt(values + j * lanes);
    for (i = 4 * lanes; i + 4 * lanes <= n; i += 4 * lanes) {
      for (int j = 0; j < 4; ++j) {
        const IntVec v = loadInt(values + i + j * lanes);
        lows[j] = minimumInt(lows[j], v);
        highs[j] = maximumInt(highs[j], v);
      }
    }
    std::int32_t lane[2][lanes];
    storeInt(lane[0], minimumInt(minimumInt(lows[0], lows[1]), minimumInt(lows[2], lows[3])));
    storeInt(lane[1], maximumInt(maximumInt(highs[0], highs[1]), maximumInt(highs[2], highs[3])));
    for (int j = 0; j < lanes; ++j) {
      low = lane[0][j] < low ? lane[0][j] : low;
      high = lane[1][j] > high ? lane[1][j] : high;
    }
  }
  for (; i < n; ++i) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  *smallest = low;
  *largest = high;
}

bool nondecreasing(const std::int32_t* values, std::int64_t n) {
  // Branch-free blocks, so that the compiler vectorises the comparison; one exit test a block.
  constexpr std::int64_t block = 1024;
  for (std::int64_t begin = 0; begin + 1 < n; begin += block) {
    const std::int64_t end = begin + block < n - 1 ? begin + block : n - 1;
    std::int32_t descents = 0;
    for (std::int64_t i = begin; i < end; ++i) descents += values[i] > values[i + 1] ? 1 : 0;
    if (descents != 0) return false;
  }
  return true;
}

}  // namespace amr::AMR_ISA
