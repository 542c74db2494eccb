#pragma once
#include <string>

#include "kernels/arguments.h"

namespace amr {

/**
 * indices[n, k], scores[n, k] of the k rows of keys [m, d] with the largest cosine to each of queries [n, d], best first, ties
 * to the lower id. A zero vector has cosine 0 with everything; a vector with NaN or infinity has NaN, which counts as minus
 * infinity. excludeSelf: row i does not name i. When queries and keys are the same array each product is computed once.
 */
struct CosineTopK {
  std::int32_t* indices;
  float* scores;
  const float* queries;
  const float* keys;
  std::int64_t n, m, d, k;
  bool excludeSelf;

  template <class Call>
  static CosineTopK read(Call& call) {
    CosineTopK s{};
    const Ints indices = call.intsOut("indices");
    const Floats scores = call.floatsOut("scores");
    const Floats queries = call.floats("queries");
    const Floats keys = call.floats("keys");
    s.d = call.size("d");
    s.k = call.size("k");
    s.excludeSelf = call.flag("excludeSelf");
    s.n = call.rowsOf(queries, s.d);
    s.m = call.rowsOf(keys, s.d);
    s.queries = call.shape(queries, s.n, s.d);
    s.keys = call.shape(keys, s.m, s.d);
    s.indices = call.shape(indices, s.n, s.k);
    s.scores = call.shape(scores, s.n, s.k);
    if (s.excludeSelf && s.n != s.m) call.require(false, "queries", std::to_string(s.n) + " rows", std::to_string(s.m) + ", the rows of keys, to leave out self");
    const std::int64_t candidates = s.m - (s.excludeSelf ? 1 : 0);
    if (s.n > 0 && s.k > candidates) call.require(false, "k", std::to_string(s.k), "at most the candidates, " + std::to_string(candidates));
    return s;
  }
};

}  // namespace amr
