// A cuBLAS for the emulated card, whose memory is the host's: the functions that cuda/runtime/blas.cu calls, as the library's
// documentation describes them, with its checks. Every call is a line of LOG_PATH. CREATE_STATUS and SGEMM_STATUS are answered
// instead of success; WITHOUT_SGEMM leaves the product out. Factors are rounded as the compute type says: to 11 bits, to 8, or not.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

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
  void* workspace;
};

/** The upper bits of a float32 after rounding to nearest: 11 significant bits for TF32, 8 for bfloat16 (ties to even). */
[[maybe_unused]] float rounded(float value, int droppedBits) {
  if (droppedBits == 0) return value;
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + (1u << (droppedBits - 1)) - 1u + ((bits >> droppedBits) & 1u)) >> droppedBits << droppedBits;
  std::memcpy(&value, &bits, 4);
  return value;
}

[[maybe_unused]] float widened(std::uint16_t half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

template <class... Values>
void record(const char* format, Values... values) {
  std::FILE* file = std::fopen(LOG_PATH, "a");
  if (file == nullptr) return;  // a device collected after the test's folder is gone still gives its handle back
  std::fprintf(file, format, values...);
  std::fclose(file);
}

/** c[m, n] = alpha op(a) op(b) + beta c by columns: element (i, j) of a matrix is data[i + j * stride]. */
template <class Value>
[[maybe_unused]] int multiply(void* handle, int opA, int opB, int m, int n, int k, float alpha, const Value& a, int strideA, const Value& b, int strideB, float beta,
             float* c, int strideC) {
  const Handle* state = static_cast<const Handle*>(handle);
  if (state == nullptr || state->stream == nullptr || state->mathMode != 0 || state->workspace == nullptr) return notInitialized;
  const bool isRight = (opA == 0 || opA == 1) && (opB == 0 || opB == 1) && m >= 0 && n >= 0 && k >= 0 &&
                       strideA >= std::max(1, opA == 0 ? m : k) && strideB >= std::max(1, opB == 0 ? k : n) && strideC >= std::max(1, m);
  if (!isRight) return invalidValue;
  if (SGEMM_STATUS != 0) return SGEMM_STATUS;
  for (long j = 0; j < n; ++j) {
    for (long i = 0; i < m; ++i) {
      double sum = 0;
      for (long p = 0; p < k; ++p) {
        const double left = a(opA == 0 ? i + p * strideA : p + i * strideA), right = b(opB == 0 ? p + j * strideB : j + p * strideB);
        sum += left * right;
      }
      float& to = c[i + j * strideC];
      to = static_cast<float>(alpha * sum + (beta == 0 ? 0.0 : static_cast<double>(beta) * static_cast<double>(to)));
    }
  }
  return 0;
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
  record("create\n%s", "");
  if (CREATE_STATUS == 0) *handle = new Handle{nullptr, -1, nullptr};
  return CREATE_STATUS;
}

int cublasDestroy_v2(void* handle) {
  record("destroy\n%s", "");
  delete static_cast<Handle*>(handle);
  return 0;
}

int cublasSetStream_v2(void* handle, void* stream) {
  static_cast<Handle*>(handle)->stream = stream;
  static_cast<Handle*>(handle)->workspace = nullptr;
  return 0;
}

int cublasSetWorkspace_v2(void* handle, void* memory, std::size_t bytes) {
  record("workspace %zu\n", bytes);
  static_cast<Handle*>(handle)->workspace = memory;
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
int cublasSgemm_v2(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int strideA, const float* b,
                   int strideB, const float* beta, float* c, int strideC) {
  record("sgemm %d %d %d %d %d strides %d %d %d alpha %g beta %g first %g %g\n", opA, opB, m, n, k, strideA, strideB, strideC,
         static_cast<double>(*alpha), static_cast<double>(*beta), static_cast<double>(*a), static_cast<double>(*b));
  const auto values = [](const float* data) { return [data](long i) { return static_cast<double>(data[i]); }; };
  using Values = decltype(values(a));
  return multiply<Values>(handle, opA, opB, m, n, k, *alpha, values(a), strideA, values(b), strideB, *beta, c, strideC);
}

/** Types: 0 float32, 14 bfloat16; compute types: 68 float32, 75 and 77 float32 whose factors are bfloat16 and TF32 (cudaDataType, cublasComputeType_t). */
int cublasGemmEx(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA, int strideA, const void* b,
                 int typeB, int strideB, const void* beta, void* c, int typeC, int strideC, int computeType, int algorithm) {
  record("gemmEx %d %d %d %d %d strides %d %d %d types %d %d %d compute %d\n", opA, opB, m, n, k, strideA, strideB, strideC, typeA, typeB, typeC,
         computeType);
  const bool isHalf = typeA == 14;
  const bool isKnown = isHalf ? computeType == 68 : typeA == 0 && (computeType == 68 || computeType == 75 || computeType == 77);
  if (!isKnown || typeA != typeB || typeC != 0 || algorithm != -1) return invalidValue;
  const int dropped = computeType == 77 ? 13 : computeType == 75 ? 16 : 0;
  const auto values = [&](const void* data) {
    return [data, isHalf, dropped](long i) {
      return static_cast<double>(isHalf ? widened(static_cast<const std::uint16_t*>(data)[i]) : rounded(static_cast<const float*>(data)[i], dropped));
    };
  };
  using Values = decltype(values(a));
  return multiply<Values>(handle, opA, opB, m, n, k, *static_cast<const float*>(alpha), values(a), strideA, values(b), strideB,
                          *static_cast<const float*>(beta), static_cast<float*>(c), strideC);
}
#endif
}
