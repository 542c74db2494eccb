#pragma once
// Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011): the same function as `philox` of packages/core.
#include "simd/elements.h"

namespace amr::AMR_ISA {

struct PhiloxBlock {
  std::uint32_t words[4];
};

/** The four words of counter (c0, c1, 0, 0). */
AMR_INLINE PhiloxBlock philox(std::uint32_t key0, std::uint32_t key1, std::uint32_t c0, std::uint32_t c1) {
  std::uint32_t c2 = 0, c3 = 0;
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = std::uint64_t{0xd2511f53u} * c0, right = std::uint64_t{0xcd9e8d57u} * c2;
    c0 = static_cast<std::uint32_t>(right >> 32) ^ c1 ^ key0;
    c1 = static_cast<std::uint32_t>(right);
    c2 = static_cast<std::uint32_t>(left >> 32) ^ c3 ^ key1;
    c3 = static_cast<std::uint32_t>(left);
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return {{c0, c1, c2, c3}};
}

/** Numbers of a block that are drawn before they are used: a few vectors, which stay in the L1 cache. */
constexpr std::int64_t uniformsAtOnce = 256;

/**
 * out[0..uniformsAtOnce) = the uniform numbers of positions [first, first + uniformsAtOnce) of the stream, `first` a multiple of
 * 4: position i is word i % 4 of counter i / 4, its upper 23 bits and a half over 2^23. So 0 < u < 1, and 1 - u is exact.
 */
static inline void drawUniforms(float* out, std::int64_t first, std::uint32_t key0, std::uint32_t key1) {
  std::uint32_t words[uniformsAtOnce];
  for (std::int64_t block = 0; block < uniformsAtOnce / 4; ++block) {
    const std::uint64_t counter = static_cast<std::uint64_t>(first / 4 + block);
    const PhiloxBlock drawn = philox(key0, key1, static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32));
    for (int w = 0; w < 4; ++w) words[4 * block + w] = drawn.words[w];
  }
  for (std::int64_t i = 0; i < uniformsAtOnce; ++i) {
    out[i] = (static_cast<float>(static_cast<std::int32_t>(words[i] >> 9)) + 0.5f) * (1.0f / 8388608.0f);
  }
}

/** body(i, n, u) for each vector of n <= lanes elements in [0, count), on all threads; u points at their uniform numbers. */
template <class Body>
static inline void forUniforms(const Workers& workers, std::int64_t count, std::uint32_t key0, std::uint32_t key1, const Body& body) {
  forRanges(workers, count, 16 * uniformsAtOnce, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += uniformsAtOnce) {
      float uniforms[uniformsAtOnce];
      drawUniforms(uniforms, first, key0, key1);
      forLanes(first, smaller(first + uniformsAtOnce, end), [&](std::int64_t i, int n) { body(i, n, uniforms + (i - first)); });
    }
  });
}

}  // namespace amr::AMR_ISA
