#pragma once
#include "simd/simd.h"

namespace amr::AMR_ISA {

/** Whether ascending row[0..n) contains `item`. */
AMR_INLINE bool contains(const std::int32_t* row, std::int64_t n, std::int32_t item) {
  std::int64_t low = 0, high = n;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (row[middle] < item) low = middle + 1;
    else high = middle;
  }
  return low < n && row[low] == item;
}

}  // namespace amr::AMR_ISA
