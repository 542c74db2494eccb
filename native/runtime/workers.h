#pragma once
#include <cstdint>

namespace amr {

/**
 * The right to use up to `threads` threads of the process's one thread pool, the caller included. Copies are free.
 *
 * Where several threads call at about the same time, each gets an equal part of the threads it asked for, its own always among them.
 * `pinned`: helpers stay on the memory node (NUMA) of their part of the chunks; the caller stays where the system puts it.
 *
 * Which thread runs which chunk is left to chance; so a body may write only what its chunk owns, and the cut into chunks
 * may not depend on `threads`. Then results are the same bits for any number of threads.
 */
class Workers {
 public:
  using Body = void (*)(void* context, std::int64_t chunk);

  // Out of line, so that kernels compiled for different processors do not each bring a copy (see simd/simd.h).
  explicit Workers(int threads, bool pinned = false);
  int threads() const;

  /** Calls body(context, chunk) once for each chunk in [0, chunks), returns when all are done. The body must not throw. */
  void run(std::int64_t chunks, Body body, void* context) const;

  /** Threads of the last call of `run` from this thread that had more than one chunk. */
  static int lastShare();

  static constexpr int maximum = 256;
  /** What an unlimited process takes: the processors it may use, at most what its control groups grant. */
  static int machine();

 private:
  int threads_;
  bool pinned_;
};

}  // namespace amr
