#pragma once
#include "launch.cuh"

/** Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011): those that the CPU draws (native/simd/philox.h). */
namespace amr::cuda {

struct PhiloxBlock {
  std::uint32_t words[4];
};

/** The four words of counter (c0, c1, 0, 0). */
__device__ inline PhiloxBlock philox(std::uint32_t key0, std::uint32_t key1, std::uint32_t c0, std::uint32_t c1) {
  std::uint32_t c2 = 0, c3 = 0;
  for (int round = 0; round < 10; ++round) {
    const std::uint32_t leftHigh = __umulhi(0xd2511f53u, c0), leftLow = 0xd2511f53u * c0;
    const std::uint32_t rightHigh = __umulhi(0xcd9e8d57u, c2), rightLow = 0xcd9e8d57u * c2;
    c0 = rightHigh ^ c1 ^ key0;
    c1 = rightLow;
    c2 = leftHigh ^ c3 ^ key1;
    c3 = leftLow;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return {{c0, c1, c2, c3}};
}

/** The uniform number in (0, 1) of a word: its upper 23 bits and a half. */
__device__ inline float uniformOf(std::uint32_t word) {
  return (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f);
}

}  // namespace amr::cuda
