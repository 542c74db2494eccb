#pragma once
#include "addon/callArguments.h"
#include "addon/cudaMemory.h"

namespace amr {

/**
 * A call of a CUDA kernel: the arrays are handles of this device's memory, pointers are the device's. The same things are
 * checked as on the CPU, from what is known of the integers (values the host wrote, ranges a kernel promises); where that does
 * not settle it the device is asked, which waits for it.
 */
class CudaCall : public CallArguments {
 public:
  CudaCall(const char* kernel, napi_env env, napi_callback_info info, const std::shared_ptr<cuda::Context>& context)
      : CallArguments(kernel, env, info), context_(context) {}

  Floats floats(const char* name) { return floatArray(name, read); }
  Floats optionalFloats(const char* name) { return skipAbsent(name) ? absent<Floats>(name) : floats(name); }
  Floats floatsOut(const char* name) { return floatArray(name, written); }
  Floats optionalFloatsOut(const char* name) { return skipAbsent(name) ? absent<Floats>(name) : floatsOut(name); }
  Floats floatsOutOrSame(const char* name) { return floatArray(name, writtenOrSame); }
  Ints ints(const char* name) { return intArray(name, read); }
  Ints optionalInts(const char* name) { return skipAbsent(name) ? absent<Ints>(name) : ints(name); }
  Ints intsOut(const char* name) { return intArray(name, written); }
  Ints optionalIntsOut(const char* name) { return skipAbsent(name) ? absent<Ints>(name) : intsOut(name); }
  Csr csr(const char* name) { return readCsr(*this, name); }

  const std::int32_t* indices(const Ints& array, std::int64_t bound, std::int32_t lowest = 0) const;
  const std::int32_t* ascendingIndices(const Ints& array, std::int64_t bound) const;
  const std::int32_t* offsets(const Ints& array, std::int64_t rows, std::int64_t last) const;
  /** The most entries between two of the offsets, which are checked already. */
  std::int64_t longestRow(const Ints& offsets, std::int64_t entries) const;
  void ascendingRows(const Ints& offsets, const Ints& indices, std::int64_t rows) const;
  void shorterRows(const Ints& ids, const Csr& a, std::int64_t limit) const;

  /** Before the kernel runs: what was known of the integers it writes no longer holds. */
  void forgetWritten();
  /** After it: values at `data`, which it wrote, are in [lowest, highest]. */
  void promise(const std::int32_t* data, std::int64_t lowest, std::int64_t highest);

 private:
  template <class Array>
  static Array absent(const char* name) {
    return {name, nullptr, 0, true};
  }
  CudaArray* take(const char* name, bool isInt, Access access);
  Floats floatArray(const char* name, Access access);
  Ints intArray(const char* name, Access access);
  CudaArray& arrayOf(const void* data, std::int64_t length) const;

  const std::shared_ptr<cuda::Context>& context_;
  CudaArray* ints_[maximum];
  bool isWritten_[maximum];
  std::size_t intCount_ = 0;
};

}  // namespace amr
