#if defined(AMR_HAS_CUDA)
#include "addon/cudaCall.h"

#include <algorithm>
#include <limits>

namespace amr {
namespace {

/** Whether neighbours within a row descend; offsets were checked. */
bool descendsInARow(const std::vector<std::int32_t>& offsets, const std::vector<std::int32_t>& indices) {
  for (std::size_t row = 0; row + 1 < offsets.size(); ++row) {
    for (std::int32_t i = offsets[row] + 1; i < offsets[row + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (indices[at] < indices[at - 1]) return true;
    }
  }
  return false;
}

const char* memoryOf(bool isInt) { return isInt ? "device memory of int32" : "device memory of float32"; }

}  // namespace

CudaArray* CudaCall::take(const char* name, bool isInt, Access access) {
  const napi_value value = next(name);
  CudaArray* array = unwrapCudaArray(env_, value);
  if (array == nullptr) fail(name, describe(value), memoryOf(isInt));
  if (array->block->isInt != isInt) fail(name, memoryOf(array->block->isInt), memoryOf(isInt));
  if (array->block->memory == nullptr) fail(name, "memory that was released before", "memory in use");
  if (array->block->context != context_) fail(name, "memory of another device", "memory of the device the kernel runs on");
  addRange(name, array->data(), array->length, access);
  return array;
}

Floats CudaCall::floatArray(const char* name, Access access) {
  const CudaArray* array = take(name, false, access);
  return {name, reinterpret_cast<float*>(array->data()), array->length, false};
}

Ints CudaCall::intArray(const char* name, Access access) {
  CudaArray* array = take(name, true, access);
  ints_[intCount_] = array;
  isWritten_[intCount_++] = access != read;
  return {name, reinterpret_cast<std::int32_t*>(array->data()), array->length, false};
}

CudaArray& CudaCall::arrayOf(const void* data, std::int64_t length) const {
  for (std::size_t i = 0; i < intCount_; ++i) {
    if (ints_[i]->data() == data && ints_[i]->length == length) return *ints_[i];
  }
  throw std::logic_error("integers that are no argument of the call");
}

const std::int32_t* CudaCall::indices(const Ints& array, std::int64_t bound, std::int32_t lowest) const {
  if (array.length == 0) return array.data;
  CudaArray& known = arrayOf(array.data, array.length);
  // Bounds of the whole hold for a part; only where they are too wide the part itself is looked at.
  const std::optional<cuda::IntFacts>& bounds = known.block->bounds;
  if (bounds && bounds->lowest >= lowest && bounds->highest < bound) return array.data;
  checkRange(array.name, known.facts().lowest, known.facts().highest, bound, lowest);
  return array.data;
}

const std::int32_t* CudaCall::ascendingIndices(const Ints& array, std::int64_t bound) const {
  indices(array, bound);
  if (array.length < 2) return array.data;
  CudaArray& known = arrayOf(array.data, array.length);
  if (known.isWhole() && known.block->ascendsByRuns) return array.data;
  if (known.facts().smallestStep <= 0) {
    fail(array.name, "ids that do not ascend", "each id greater than the one before");
  }
  return array.data;
}

const std::int32_t* CudaCall::offsets(const Ints& array, std::int64_t rows, std::int64_t last) const {
  checkLength(array.name, array.length, rows + 1, 1, false);
  const cuda::IntFacts& facts = arrayOf(array.data, array.length).facts();
  checkOffsets(array.name, facts.first, facts.last, last, rows > 0 && facts.smallestStep < 0);
  return array.data;
}

std::int64_t CudaCall::longestRow(const Ints& offsets, std::int64_t entries) const {
  return offsets.length < 2 ? 0 : std::min(entries, arrayOf(offsets.data, offsets.length).facts().largestStep);
}

void CudaCall::ascendingRows(const Ints& offsets, const Ints& indices, std::int64_t rows) const {
  if (indices.length < 2) return;
  const CudaArray& starts = arrayOf(offsets.data, offsets.length);
  CudaArray& values = arrayOf(indices.data, indices.length);
  const bool isKnown = values.ascendOffsets == starts.data() && values.ascendOffsetsVersion == starts.block->version &&
                       values.ascendVersion == values.block->version;
  if (isKnown) return;
  const std::vector<std::int32_t>&at = starts.block->values, &of = values.block->values;
  const bool isOnHost = starts.isWhole() && values.isWhole() && !at.empty() && !of.empty();
  // The host's own values are looked at here: to ask the card would be to wait for it.
  const bool descends = isOnHost ? descendsInARow(at, of) : cuda::firstDescendingRow(offsets.data, indices.data, rows, *context_) >= 0;
  if (descends) {
    fail(indices.name, "a descending index in a row", "rows in ascending order");
  }
  values.ascendOffsets = starts.data();
  values.ascendOffsetsVersion = starts.block->version;
  values.ascendVersion = values.block->version;
}

void CudaCall::shorterRows(const Ints& ids, const Csr& a, std::int64_t limit) const {
  if (ids.length == 0 || a.rows == 0) return;
  // No row at all is as long: the usual case, known since the offsets were written.
  if (arrayOf(a.offsets, a.rows + 1).facts().largestStep < limit) return;
  const std::int64_t j = cuda::firstLongRow(ids.data, ids.length, a.offsets, limit, *context_);
  if (j < 0) return;
  std::int32_t row = 0, ends[2] = {};
  context_->copyToHost(&row, ids.data + j, sizeof row);
  context_->copyToHost(ends, a.offsets + row, sizeof ends);
  failLongRow(ids.name, row, ends[1] - ends[0], limit);
}

void CudaCall::forgetWritten() {
  for (std::size_t i = 0; i < intCount_; ++i) {
    if (isWritten_[i]) ints_[i]->block->touch();
  }
}

void CudaCall::promise(const std::int32_t* data, std::int64_t lowest, std::int64_t highest) {
  for (std::size_t i = 0; i < intCount_; ++i) {
    CudaArray& array = *ints_[i];
    if (!isWritten_[i] || reinterpret_cast<const std::int32_t*>(array.data()) != data || !array.isWhole()) continue;
    using Limits = std::numeric_limits<std::int64_t>;
    array.block->bounds = cuda::IntFacts{lowest, highest, 0, 0, Limits::min(), Limits::max()};
  }
}

}  // namespace amr
#endif
