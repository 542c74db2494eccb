#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace amr::cuda {

/** How products round what they multiply; all sum in float32. */
enum class Precision { fp32 = 0, tf32 = 1, bf16 = 2 };

/**
 * out[m, n] = alpha * op(a) op(b) + beta * out, all row-major; op(a) [m, k], op(b) [k, n]; with beta 0 out is not read. The rows of a as
 * it is stored are `rowOfA` elements long. Both operands are float32, or bfloat16 where `isHalf`.
 */
struct MatrixProduct {
  float* out;
  const void* a;
  const void* b;
  std::int64_t m, n, k, rowOfA;
  bool transposeA, transposeB, isHalf;
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
  /** Launches the product (k > 0); operands of float32 are rounded to the precision first. CudaError when cuBLAS refuses it. */
  void multiply(const MatrixProduct& product, Precision precision) const;

 private:
  struct Functions;
  Blas() = default;
  std::string start(const char* library, cudaStream_t stream);

  std::unique_ptr<Functions> functions_;
  void* handle_ = nullptr;
  /** cuBLAS's working memory: its own would be taken and given back in recorded work, and may differ from call to call. */
  void* workspace_ = nullptr;
  std::string version_;
};

}  // namespace amr::cuda
