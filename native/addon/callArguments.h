#pragma once
#include <napi.h>

#include <stdexcept>
#include <string>

#include "kernels/arguments.h"

namespace amr {

/** A wrong argument. Becomes a JavaScript error with these three as fields. */
struct CallError {
  std::string what, got, expected;
};

/** Fails only when a JavaScript exception is pending or Node itself is broken; either way that error is the one to show. */
void must(napi_env env, napi_status status);

/** The CallError as the JavaScript error that packages/kernels/src/native.ts knows. */
Napi::Error callError(Napi::Env env, const CallError& error);

/**
 * The arguments of one kernel call, taken in order: what does not depend on where arrays live. A device's own class adds the
 * arrays themselves and the checks of their values (Call for typed arrays, CudaCall for device memory); `read` of a kernel's
 * arguments is a template over it.
 */
class CallArguments {
 public:
  /** An integer in [smallest, 2^31). */
  std::int64_t size(const char* name, std::int64_t smallest = 1);
  /** Any number, as float32. */
  float number(const char* name);
  double wideNumber(const char* name);
  bool flag(const char* name);

  /** The pointer, once the array is known to hold exactly rows * cols elements. Null for an absent optional array. */
  float* shape(const Floats& array, std::int64_t rows, std::int64_t cols = 1) const {
    checkLength(array.name, array.length, rows, cols, array.absent);
    return array.data;
  }
  std::int32_t* shape(const Ints& array, std::int64_t rows, std::int64_t cols = 1) const {
    checkLength(array.name, array.length, rows, cols, array.absent);
    return array.data;
  }
  /** The pointer of working memory that holds at least `count` elements. */
  float* atLeast(const Floats& array, std::int64_t count) const {
    checkAtLeast(array.name, array.length, count);
    return array.data;
  }
  std::int32_t* atLeast(const Ints& array, std::int64_t count) const {
    checkAtLeast(array.name, array.length, count);
    return array.data;
  }
  /** Whole rows of `cols` in the array. */
  std::int64_t rowsOf(const Floats& array, std::int64_t cols) const { return checkRows(array.name, array.length, cols); }
  std::int64_t rowsOf(const Ints& array, std::int64_t cols) const { return checkRows(array.name, array.length, cols); }
  /** Throws unless `holds`. */
  void require(bool holds, const char* name, const std::string& got, const std::string& expected) const {
    if (!holds) fail(name, got, expected);
  }

  /** After the last argument: none may be left over, and written arrays may not overlap others. */
  void finish() const;

 protected:
  CallArguments(const char* kernel, napi_env env, napi_callback_info info);

  enum Access { read, written, writtenOrSame };
  static constexpr std::size_t maximum = 32;

  napi_value next(const char* name);
  /** Whether the next argument is undefined or null; then it is taken. */
  bool skipAbsent(const char* name);
  /** Remembers an array's place for `finish`. */
  void addRange(const char* name, const void* data, std::int64_t length, Access access);
  void checkLength(const char* name, std::int64_t length, std::int64_t rows, std::int64_t cols, bool absent) const;
  /** Fails when smallest or largest is outside [lowest, bound). */
  void checkRange(const char* name, std::int64_t smallest, std::int64_t largest, std::int64_t bound, std::int32_t lowest) const;
  void checkOffsets(const char* name, std::int64_t first, std::int64_t last, std::int64_t entries, bool descends) const;
  /** The words of a row that names too many: for `shorterRows` of each device. */
  [[noreturn]] void failLongRow(const char* name, std::int64_t row, std::int64_t count, std::int64_t limit) const;
  std::string describe(napi_value value) const;
  [[noreturn]] void fail(const char* name, const std::string& got, const std::string& expected) const;

  /** Five arguments: offsets, indices, values or null, rows, cols, by the device's own `ints`, `offsets` and `indices`. */
  template <class DeviceCall>
  static Csr readCsr(DeviceCall& call, const char* name) {
    const Ints offsetsArray = call.ints(name);
    const Ints indicesArray = call.ints(name);
    const Floats values = call.optionalFloats(name);
    Csr a{};
    a.rows = call.size(name, 0);
    a.cols = call.size(name, 0);
    a.nnz = indicesArray.length;
    a.offsets = call.offsets(offsetsArray, a.rows, a.nnz);
    a.longest = call.longestRow(offsetsArray, a.nnz);
    a.indices = call.indices(indicesArray, a.cols);
    a.values = call.shape(values, a.nnz);
    // A matrix without entries may carry values without memory; null means ones, of which there are none either.
    return a;
  }

  napi_env env_;

 private:
  struct Range {
    const char* name;
    const char* begin;
    const char* end;
    Access access;
  };

  double anyNumber(const char* name);
  void checkAtLeast(const char* name, std::int64_t length, std::int64_t count) const;
  std::int64_t checkRows(const char* name, std::int64_t length, std::int64_t cols) const;

  const char* kernel_;
  napi_value values_[maximum];
  std::size_t count_ = 0, at_ = 0;
  Range ranges_[maximum];
  std::size_t arrays_ = 0;
};

/** "Int32Array" and the like. */
const char* typeName(napi_typedarray_type type);

}  // namespace amr
