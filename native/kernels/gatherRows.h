#pragma once
#include "kernels/arguments.h"

namespace amr {

/** out[m, d] = x[ids[m], :]. */
struct GatherRows {
  float* out;
  const float* x;
  const std::int32_t* ids;
  std::int64_t m, d;

  template <class Call>
  static GatherRows read(Call& call) {
    GatherRows s{};
    const Floats out = call.floatsOut("out");
    const Floats x = call.floats("x");
    const Ints ids = call.ints("ids");
    s.d = call.size("d");
    s.m = ids.length;
    s.out = call.shape(out, s.m, s.d);
    s.ids = call.indices(ids, call.rowsOf(x, s.d));
    s.x = x.data;
    return s;
  }
};

}  // namespace amr
