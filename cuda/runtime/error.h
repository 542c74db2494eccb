#pragma once
#include <cuda_runtime.h>

#include <string>

namespace amr::cuda {

/** A failure of the driver or the card. Becomes a JavaScript error with these four as fields. */
struct CudaError {
  std::string what, got, expected, hint;
};

/** Throws the sentence for `code`, which `call` in `file`:`line` answered. */
[[noreturn]] void failed(cudaError_t code, const char* call, const char* file, int line);

inline void check(cudaError_t code, const char* call, const char* file, int line) {
  if (code != cudaSuccess) failed(code, call, file, line);
}

}  // namespace amr::cuda

/** Calls the CUDA runtime; anything but success is a CudaError that names the call and the line. */
#define AMR_CUDA(call) ::amr::cuda::check((call), #call, __FILE__, __LINE__)
