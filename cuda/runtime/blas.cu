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

#if defined(__unix__)
constexpr const char* releases[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so"};

void* load(const char* library) {
  if (library != nullptr) return dlopen(library, RTLD_NOW | RTLD_LOCAL);
  for (const char* name : releases) {
    if (void* found = dlopen(name, RTLD_NOW | RTLD_LOCAL); found != nullptr) return found;
  }
  return nullptr;
}
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

std::unique_ptr<Blas> Blas::open(const char* library, cudaStream_t stream, std::string& reason) {
  void* loaded = load(library);
  if (loaded == nullptr) {
    reason = "there is no cuBLAS";
    return nullptr;
  }
  std::unique_ptr<Blas> blas(new Blas);
  blas->functions_ = std::make_unique<Functions>();
  Functions& f = *blas->functions_;
  const bool isWhole = find(loaded, "cublasCreate_v2", f.create) && find(loaded, "cublasDestroy_v2", f.destroy) &&
                       find(loaded, "cublasSetStream_v2", f.setStream) && find(loaded, "cublasSetMathMode", f.setMathMode) &&
                       find(loaded, "cublasGetVersion_v2", f.getVersion) && find(loaded, "cublasSgemm_v2", f.sgemm);
  if (!isWhole) {
    reason = "the cuBLAS found lacks functions";
    return nullptr;
  }
  // The library stays loaded: it may have threads of its own.
  const Status created = f.create(&blas->handle_);
  if (created != 0) {
    blas->handle_ = nullptr;
    reason = "cuBLAS did not start (status " + std::to_string(created) + ")";
    return nullptr;
  }
  must(f.setStream(blas->handle_, stream), "cublasSetStream_v2");
  must(f.setMathMode(blas->handle_, defaultMath), "cublasSetMathMode");
  int version = 0;
  must(f.getVersion(blas->handle_, &version), "cublasGetVersion_v2");
  blas->version_ = std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
  return blas;
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
