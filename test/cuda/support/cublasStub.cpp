// A cuBLAS for the emulated card, whose memory is the host's: the functions that cuda/runtime/blas.cu calls, as the library's
// documentation describes them, with its checks. Every call is a line of LOG_PATH. CREATE_STATUS and SGEMM_STATUS are answered
// instead of success; WITHOUT_SGEMM leaves the product out.
#include <algorithm>
#include <cstdio>

#ifndef CREATE_STATUS
#define CREATE_STATUS 0
#endif
#ifndef SGEMM_STATUS
#define SGEMM_STATUS 0
#endif

namespace {

constexpr int notInitialized = 1, invalidValue = 7;

struct Handle {
  void* stream;
  int mathMode;
};

template <class... Values>
void record(const char* format, Values... values) {
  std::FILE* file = std::fopen(LOG_PATH, "a");
  if (file == nullptr) return;  // a device collected after the test's folder is gone still gives its handle back
  std::fprintf(file, format, values...);
  std::fclose(file);
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
  record("create\n%s", "");
  if (CREATE_STATUS == 0) *handle = new Handle{nullptr, -1};
  return CREATE_STATUS;
}

int cublasDestroy_v2(void* handle) {
  record("destroy\n%s", "");
  delete static_cast<Handle*>(handle);
  return 0;
}

int cublasSetStream_v2(void* handle, void* stream) {
  static_cast<Handle*>(handle)->stream = stream;
  return 0;
}

int cublasSetMathMode(void* handle, int mode) {
  static_cast<Handle*>(handle)->mathMode = mode;
  return 0;
}

int cublasGetVersion_v2(void*, int* version) {
  *version = 130002;
  return 0;
}

#ifndef WITHOUT_SGEMM
/** c[m, n] = alpha op(a) op(b) + beta c by columns: element (i, j) of a matrix is data[i + j * stride]. */
int cublasSgemm_v2(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int strideA, const float* b,
                   int strideB, const float* beta, float* c, int strideC) {
  const Handle* state = static_cast<const Handle*>(handle);
  if (state == nullptr || state->stream == nullptr || state->mathMode != 0) return notInitialized;
  const bool isRight = (opA == 0 || opA == 1) && (opB == 0 || opB == 1) && m >= 0 && n >= 0 && k >= 0 &&
                       strideA >= std::max(1, opA == 0 ? m : k) && strideB >= std::max(1, opB == 0 ? k : n) && strideC >= std::max(1, m);
  if (!isRight) return invalidValue;
  record("sgemm %d %d %d %d %d strides %d %d %d alpha %g beta %g first %g %g\n", opA, opB, m, n, k, strideA, strideB, strideC,
         static_cast<double>(*alpha), static_cast<double>(*beta), static_cast<double>(*a), static_cast<double>(*b));
  if (SGEMM_STATUS != 0) return SGEMM_STATUS;
  for (long j = 0; j < n; ++j) {
    for (long i = 0; i < m; ++i) {
      double sum = 0;
      for (long p = 0; p < k; ++p) {
        const double left = a[opA == 0 ? i + p * strideA : p + i * strideA], right = b[opB == 0 ? p + j * strideB : j + p * strideB];
        sum += left * right;
      }
      float& to = c[i + j * strideC];
      to = static_cast<float>(*alpha * sum + (*beta == 0 ? 0.0 : static_cast<double>(*beta) * static_cast<double>(to)));
    }
  }
  return 0;
}
#endif
}
