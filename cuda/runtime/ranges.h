#pragma once
#include <string>
#include <vector>

namespace amr::cuda {

/**
 * A named range on the profiler's time line (NVTX) from here to the end of the scope: nsys and ncu show kernels under the call that launched
 * them. Nothing where no NVTX library was opened; of the process, as NVTX is.
 */
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

  /** Takes the first of the libraries that has NVTX; none where `libraries` is empty. It stays loaded. */
  static void open(const std::vector<std::string>& libraries);

 private:
  /** ends it with the library that it began with; null for none */
  int (*end_)() = nullptr;
};

}  // namespace amr::cuda
