#pragma once
#include <cstddef>

namespace amr {

/** Working memory of one kernel call, 64-byte aligned, not zeroed. Throws std::bad_alloc; so make it before going parallel. */
class Scratch {
 public:
  explicit Scratch(std::size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void* data() const;
  float* floats() const;
  int* ints() const;
  double* doubles() const;

 private:
  void* data_;
};

}  // namespace amr
