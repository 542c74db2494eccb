#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace amr::cuda {

/** out[m, n] = alpha * op(a) op(b) + beta * out, all row-major; op(a) [m, k], op(b) [k, n]; with beta 0 out is not read. */
struct MatrixProduct {
  float* out;
  const float* a;
  const float* b;
  std::int64_t m, n, k;
  bool transposeA, transposeB;
  float alpha, beta;
};

/**
 * cuBLAS where the machine has it. It is loaded when the device is opened and never linked: an addon that asks for
 * libcublas.so would not load where there is none.
 */
class Blas {
 public:
  /**
   * The first of the libraries that is there and starts. Null where none does: `reason` then says in words what the first one that
   * is there lacks.
   */
  static std::unique_ptr<Blas> open(const std::vector<std::string>& libraries, cudaStream_t stream, std::string& reason);
  ~Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  /** "13.0.2" */
  const std::string& version() const { return version_; }
  /** Launches the product (k > 0) in float32. CudaError when cuBLAS refuses it. */
  void multiply(const MatrixProduct& product) const;

 private:
  struct Functions;
  Blas() = default;
  std::string start(const char* library, cudaStream_t stream);

  std::unique_ptr<Functions> functions_;
  void* handle_ = nullptr;
  std::string version_;
};

}  // namespace amr::cuda
