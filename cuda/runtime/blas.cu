// cuBLAS by dlopen: the functions of its stable C interface that are called, declared as they are called.
#include "runtime/blas.h"

#include "runtime/error.h"
#include "runtime/library.h"

namespace amr::cuda {

using Status = int;  // cublasStatus_t, 0 for success

struct Blas::Functions {
  Status (*create)(void** handle);
  Status (*destroy)(void* handle);
  Status (*setStream)(void* handle, cudaStream_t stream);
  Status (*setMathMode)(void* handle, int mode);
  Status (*getVersion)(void* handle, int* version);
  Status (*setWorkspace)(void* handle, void* memory, std::size_t bytes);
  Status (*gemmEx)(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA, int strideA, const void* b,
                   int typeB, int strideB, const void* beta, void* c, int typeC, int strideC, int computeType, int algorithm);
  Status (*sgemm)(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int strideA, const float* b,
                  int strideB, const float* beta, float* c, int strideC);
};

namespace {

/** CUBLAS_DEFAULT_MATH: float32 products are float32, not TF32. */
constexpr int defaultMath = 0;
constexpr int untransposed = 0, transposed = 1;
/** cudaDataType: CUDA_R_32F, CUDA_R_16BF. */
constexpr int float32 = 0, bfloat16 = 14;
/** cublasComputeType_t: CUBLAS_COMPUTE_32F and its FAST_16BF and FAST_TF32; CUBLAS_GEMM_DEFAULT. */
constexpr int computeFloat = 68, computeBfloat = 75, computeTf32 = 77, usualAlgorithm = -1;
/** What NVIDIA recommends for sm_90; for the others it is more than enough. */
constexpr std::size_t workspaceBytes = std::size_t{32} << 20;
constexpr const char* absent = "there is no cuBLAS";

void must(Status status, const char* call) {
  if (status == 0) return;
  throw CudaError{"cuBLAS", "status " + std::to_string(status) + " from " + call, "success",
                  "install the cuBLAS of the driver's CUDA release, or hide libcublas from this program: its own kernels then run"};
}

}  // namespace

std::unique_ptr<Blas> Blas::open(const std::vector<std::string>& libraries, cudaStream_t stream, std::string& reason) {
  for (const std::string& library : libraries) {
    std::unique_ptr<Blas> blas(new Blas);
    const std::string obstacle = blas->start(library.c_str(), stream);
    if (obstacle.empty()) {
      reason.clear();
      return blas;
    }
    if (reason.empty() && obstacle != absent) reason = obstacle;
  }
  if (reason.empty()) reason = absent;
  return nullptr;
}

/** Loads and starts it; what stands in the way, or "". A library that was loaded stays so: it may have threads of its own. */
std::string Blas::start(const char* library, cudaStream_t stream) {
  void* loaded = loadLibrary(library);
  if (loaded == nullptr) return absent;
  functions_ = std::make_unique<Functions>();
  Functions& f = *functions_;
  const bool isWhole = findFunction(loaded, "cublasCreate_v2", f.create) && findFunction(loaded, "cublasDestroy_v2", f.destroy) &&
                       findFunction(loaded, "cublasSetStream_v2", f.setStream) && findFunction(loaded, "cublasSetMathMode", f.setMathMode) &&
                       findFunction(loaded, "cublasGetVersion_v2", f.getVersion) && findFunction(loaded, "cublasSgemm_v2", f.sgemm) &&
                       findFunction(loaded, "cublasGemmEx", f.gemmEx) && findFunction(loaded, "cublasSetWorkspace_v2", f.setWorkspace);
  if (!isWhole) return "the cuBLAS found lacks functions";
  const Status created = f.create(&handle_);
  if (created != 0) {
    handle_ = nullptr;
    return "cuBLAS did not start (status " + std::to_string(created) + ")";
  }
  must(f.setStream(handle_, stream), "cublasSetStream_v2");
  AMR_CUDA(cudaMalloc(&workspace_, workspaceBytes));
  must(f.setWorkspace(handle_, workspace_, workspaceBytes), "cublasSetWorkspace_v2");  // after the stream, which resets it
  must(f.setMathMode(handle_, defaultMath), "cublasSetMathMode");
  int version = 0;
  must(f.getVersion(handle_, &version), "cublasGetVersion_v2");
  version_ = std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
  return "";
}

Blas::~Blas() {
  if (handle_ != nullptr) functions_->destroy(handle_);
  if (workspace_ != nullptr) cudaFree(workspace_);
}

/**
 * cuBLAS counts by columns: to it our row-major [rows, columns] is a [columns, rows] matrix, the transposed one. So it is asked for
 * out' = op(b)' op(a)', with b first; what is transposed for us is so for it, and strides are our rows' lengths.
 */
void Blas::multiply(const MatrixProduct& s, Precision precision) const {
  const int m = static_cast<int>(s.m), n = static_cast<int>(s.n), k = static_cast<int>(s.k);
  const int opA = s.transposeA ? transposed : untransposed, opB = s.transposeB ? transposed : untransposed;
  const int strideA = static_cast<int>(s.rowOfA), strideB = s.transposeB ? k : n;
  if (precision == Precision::fp32 && !s.isHalf) {
    const float* a = static_cast<const float*>(s.a);
    const float* b = static_cast<const float*>(s.b);
    return must(functions_->sgemm(handle_, opB, opA, n, m, k, &s.alpha, b, strideB, a, strideA, &s.beta, s.out, n), "cublasSgemm_v2");
  }
  const int type = s.isHalf ? bfloat16 : float32;
  const int compute = s.isHalf ? computeFloat : precision == Precision::tf32 ? computeTf32 : computeBfloat;
  must(functions_->gemmEx(handle_, opB, opA, n, m, k, &s.alpha, s.b, type, strideB, s.a, type, strideA, &s.beta, s.out, float32, n, compute,
                          usualAlgorithm),
       "cublasGemmEx");
}

}  // namespace amr::cuda
