#pragma once
#include "kernels/randomKey.h"

namespace amr {

/** The laws, in the order of RANDOM_LAWS in packages/kernels/src/randomValues.ts, which passes the number. */
enum class RandomLaw : std::int32_t { uniform, normal, gumbel, count };

/**
 * out[n] drawn from a law by inversion: with u the uniform number of position i of the stream with this key (simd/philox.h),
 * uniform u, normal the quantile of u, gumbel -log(-log u).
 */
struct RandomValues {
  float* out;
  std::int64_t n;
  RandomLaw law;
  std::uint32_t key0, key1;

  template <class Call>
  static RandomValues read(Call& call) {
    RandomValues s{};
    const Floats out = call.floatsOut("out");
    s.law = static_cast<RandomLaw>(call.size("law", 0));
    call.require(s.law < RandomLaw::count, "law", "a number without a law", "one of the laws' numbers");
    s.key0 = readWord(call, "key0");
    s.key1 = readWord(call, "key1");
    s.n = out.length;
    s.out = out.data;
    return s;
  }
};

}  // namespace amr
