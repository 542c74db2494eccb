#pragma once
#include "addon/callArguments.h"
#include "runtime/table.h"

namespace amr {

/**
 * A call of a CPU kernel. Every array is a typed array of the right type on a buffer that is neither detached nor shared;
 * every length, index and offset is checked before a pointer is handed on; no JavaScript runs between the first check and the
 * end of the kernel, so nothing checked can change.
 */
class Call : public CallArguments {
 public:
  Call(const char* kernel, napi_env env, napi_callback_info info, const KernelTable& table)
      : CallArguments(kernel, env, info), table_(table) {}

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
  Ints optionalInts(const char* name) { return optional<Ints>(name, read); }
  Ints intsOut(const char* name) { return array<Ints>(name, written); }
  Ints optionalIntsOut(const char* name) { return optional<Ints>(name, written); }
  Csr csr(const char* name) { return readCsr(*this, name); }

  /** All values in [0, bound); `lowest` -1 also allows -1. */
  const std::int32_t* indices(const Ints& array, std::int64_t bound, std::int32_t lowest = 0) const;
  /** All values in [0, bound), each greater than the one before. */
  const std::int32_t* ascendingIndices(const Ints& array, std::int64_t bound) const;
  /** Starts at 0, ends at `last`, never descends. */
  const std::int32_t* offsets(const Ints& array, std::int64_t rows, std::int64_t last) const;
  /** No kernel of the CPU asks: all entries may be in one row. */
  std::int64_t longestRow(const Ints&, std::int64_t entries) const { return entries; }
  /** Within each row, no index is below the one before; offsets and indices are checked already. */
  void ascendingRows(const Ints& offsets, const Ints& indices, std::int64_t rows) const;
  /** Each row named by ids (checked already) has fewer than `limit` entries. */
  void shorterRows(const Ints& ids, const Csr& a, std::int64_t limit) const;

 private:
  void typedArray(napi_value value, const char* name, Access access, napi_typedarray_type type, void** data,
                  std::int64_t* length);
  template <class Array>
  Array array(const char* name, Access access);
  template <class Array>
  Array optional(const char* name, Access access);

  const KernelTable& table_;
};

}  // namespace amr
