#pragma once
#include "kernels/randomKey.h"

namespace amr {

/**
 * out[n] = mask * x + beta * out, where mask is 0 for a part `rate` of the positions of the stream with this key (those whose
 * uniform number, simd/philox.h, is below it) and 1 / (1 - rate) for the others; out may be x. The mask is a function of key and
 * position, so a backward pass draws it again.
 */
struct Dropout {
  float* out;
  const float* x;
  std::int64_t n;
  float rate, beta;
  std::uint32_t key0, key1;

  template <class Call>
  static Dropout read(Call& call) {
    Dropout s{};
    const Floats out = call.floatsOutOrSame("out");
    const Floats x = call.floats("x");
    s.rate = call.number("rate");
    s.beta = call.number("beta");
    call.require(s.rate >= 0.0f && s.rate < 1.0f, "rate", std::to_string(s.rate), "a number from 0 to below 1");
    s.key0 = readWord(call, "key0");
    s.key1 = readWord(call, "key1");
    s.n = out.length;
    s.out = out.data;
    s.x = call.shape(x, s.n);
    return s;
  }
};

}  // namespace amr
