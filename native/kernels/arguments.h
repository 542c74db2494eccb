#pragma once
#include <cstddef>
#include <cstdint>

namespace amr {

/**
 * Arrays as they arrive in a call: unchecked in length until `Call::shape` turns them into a pointer.
 *
 * Each kernel's header holds one plain struct of checked arguments and its static template `read(Call&)`, which takes the
 * arguments of a JavaScript call in order, checks shapes, indices and bounds, and fills the struct. `Call` is a class of
 * the addon; the template is instantiated only there, so kernels know nothing of Node.
 */
struct Floats {
  const char* name;
  float* data;
  std::int64_t length;
  /** an optional array that was not passed */
  bool absent;
};
struct Ints {
  const char* name;
  std::int32_t* data;
  std::int64_t length;
  bool absent;
};

/** A sparse matrix in compressed rows; null values are ones. */
struct Csr {
  const std::int32_t* offsets;
  const std::int32_t* indices;
  const float* values;
  std::int64_t rows, cols, nnz;
  /** the most entries of a row, or more where that is not known */
  std::int64_t longest = 0;
};

}  // namespace amr
