// cuBLAS by dlopen: five functions of its stable C interface, declared here as they are called.
#include "runtime/blas.h"

#if defined(__unix__)
#include <dlfcn.h>
#endif

#include "runtime/error.h"

namespace amr::cuda {

using Status = int;  // cublasStatus_t, 0 for success

struct Blas::Functions {
  Status (*create)(void** handle);
  Status (*destroy)(void* handle);
  Status (*setStream)(void* handle, cudaStream_t stream);
  Status (*setMathMode)(void* handle, int mode);
  Status (*getVersion)(void* handle, int* version);
  Status (*sgemm)(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int strideA, const float* b,
                  int strideB, const float* beta, float* c, int strideC);
};

namespace {

/** CUBLAS_DEFAULT_MATH: float32 products are float32, not TF32. */
constexpr int defaultMath = 0;
constexpr int untransposed = 0, transposed = 1;
constexpr const char* absent = "there is no cuBLAS";

#if defined(__unix__)
void* load(const char* library) { return dlopen(library, RTLD_NOW | RTLD_LOCAL); }
template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}
#else
void* load(const char*) { return nullptr; }
template <class Function>
bool find(void*, const char*, Function&) {
  return false;
}
#endif

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
  void* loaded = load(library);
  if (loaded == nullptr) return absent;
  functions_ = std::make_unique<Functions>();
  Functions& f = *functions_;
  const bool isWhole = find(loaded, "cublasCreate_v2", f.create) && find(loaded, "cublasDestroy_v2", f.destroy) &&
                       find(loaded, "cublasSetStream_v2", f.setStream) && find(loaded, "cublasSetMathMode", f.setMathMode) &&
                       find(loaded, "cublasGetVersion_v2", f.getVersion) && find(loaded, "cublasSgemm_v2", f.sgemm);
  if (!isWhole) return "the cuBLAS found lacks functions";
  const Status created = f.create(&handle_);
  if (created != 0) {
    handle_ = nullptr;
    return "cuBLAS did not start (status " + std::to_string(created) + ")";
  }
  must(f.setStream(handle_, stream), "cublasSetStream_v2");
  must(f.setMathMode(handle_, defaultMath), "cublasSetMathMode");
  int version = 0;
  must(f.getVersion(handle_, &version), "cublasGetVersion_v2");
  version_ = std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
  return "";
}

Blas::~Blas() {
  if (handle_ != nullptr) functions_->destroy(handle_);
}

/**
 * cuBLAS counts by columns: to it our row-major [rows, columns] is a [columns, rows] matrix, the transposed one. So it is asked for
 * out' = op(b)' op(a)', with b first; what is transposed for us is so for it, and strides are our rows' lengths.
 */
void Blas::multiply(const MatrixProduct& s) const {
  const int m = static_cast<int>(s.m), n = static_cast<int>(s.n), k = static_cast<int>(s.k);
  const int opA = s.transposeA ? transposed : untransposed, opB = s.transposeB ? transposed : untransposed;
  const int strideA = s.transposeA ? m : k, strideB = s.transposeB ? k : n;
  must(functions_->sgemm(handle_, opB, opA, n, m, k, &s.alpha, s.b, strideB, s.a, strideA, &s.beta, s.out, n), "cublasSgemm_v2");
}

}  // namespace amr::cuda
