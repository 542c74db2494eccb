#pragma once
#include <cstdint>

namespace amr {

/**
 * The right to use up to `threads` threads of the process's one thread pool, the caller included. Copies are free.
 *
 * Which thread runs which chunk is left to chance; so a body may write only what its chunk owns, and the cut into chunks
 * may not depend on `threads`. Then results are the same bits for any number of threads.
 */
class Workers {
 public:
  using Body = void (*)(void* context, std::int64_t chunk);

  // Out of line, so that kernels compiled for different processors do not each bring a copy (see simd/simd.h).
  explicit Workers(int threads);
  int threads() const;

  /** Calls body(context, chunk) once for each chunk in [0, chunks), returns when all are done. The body must not throw. */
  void run(std::int64_t chunks, Body body, void* context) const;

  static constexpr int maximum = 256;
  /** The processors this process may use. */
  static int machine();

 private:
  int threads_;
};

}  // namespace amr
