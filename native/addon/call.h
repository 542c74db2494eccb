#pragma once
#include <napi.h>

#include <stdexcept>
#include <string>

#include "runtime/table.h"

namespace amr {

/** A wrong argument. Becomes a JavaScript error with these three as fields. */
struct CallError {
  std::string what, got, expected;
};

/**
 * The arguments of one kernel call, taken in order. Every array is a typed array of the right type on a buffer that is
 * neither detached nor shared; every length, index and offset is checked before a pointer is handed on; no JavaScript runs
 * between the first check and the end of the kernel, so nothing checked can change.
 */
class Call {
 public:
  Call(const char* kernel, napi_env env, napi_callback_info info, const KernelTable& table);

  /** Read-only float32. */
  Floats floats(const char* name) { return array<Floats>(name, read); }
  /** Read-only, or null when undefined or null was passed. */
  Floats optionalFloats(const char* name) { return optional<Floats>(name, read); }
  /** Written; may not overlap any other array of the call. */
  Floats floatsOut(const char* name) { return array<Floats>(name, written); }
  Floats optionalFloatsOut(const char* name) { return optional<Floats>(name, written); }
  /** Written; may be the very same elements as an input, else may not overlap it. */
  Floats floatsOutOrSame(const char* name) { return array<Floats>(name, writtenOrSame); }
  Ints ints(const char* name) { return array<Ints>(name, read); }
  Ints intsOut(const char* name) { return array<Ints>(name, written); }

  /** Five arguments: offsets, indices, values or null, rows, cols. Offsets and indices are checked. */
  Csr csr(const char* name);

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
  /** All values in [0, bound); `lowest` -1 also allows -1. */
  const std::int32_t* indices(const Ints& array, std::int64_t bound, std::int32_t lowest = 0) const;
  /** All values in [0, bound), each greater than the one before. */
  const std::int32_t* ascendingIndices(const Ints& array, std::int64_t bound) const;
  /** Starts at 0, ends at `last`, never descends. */
  const std::int32_t* offsets(const Ints& array, std::int64_t rows, std::int64_t last) const;
  /** Throws unless `holds`. */
  void require(bool holds, const char* name, const std::string& got, const std::string& expected) const {
    if (!holds) fail(name, got, expected);
  }

  /** After the last argument: none may be left over, and written arrays may not overlap others. */
  void finish() const;

 private:
  enum Access { read, written, writtenOrSame };
  struct Range {
    const char* name;
    const char* begin;
    const char* end;
    Access access;
  };
  static constexpr std::size_t maximum = 32;

  napi_value next(const char* name);
  void typedArray(napi_value value, const char* name, Access access, napi_typedarray_type type, void** data,
                  std::int64_t* length);
  template <class Array>
  Array array(const char* name, Access access);
  template <class Array>
  Array optional(const char* name, Access access);
  double anyNumber(const char* name);
  void checkLength(const char* name, std::int64_t length, std::int64_t rows, std::int64_t cols, bool absent) const;
  void checkAtLeast(const char* name, std::int64_t length, std::int64_t count) const;
  std::int64_t checkRows(const char* name, std::int64_t length, std::int64_t cols) const;
  std::string describe(napi_value value) const;
  [[noreturn]] void fail(const char* name, const std::string& got, const std::string& expected) const;

  const char* kernel_;
  napi_env env_;
  const KernelTable& table_;
  napi_value values_[maximum];
  std::size_t count_ = 0, at_ = 0;
  Range ranges_[maximum];
  std::size_t arrays_ = 0;
};

}  // namespace amr
