#include "addon/call.h"

#include <type_traits>

namespace amr {

void Call::typedArray(napi_value value, const char* name, Access access, napi_typedarray_type type, void** data,
                      std::int64_t* length) {
  bool isTypedArray = false;
  must(env_, napi_is_typedarray(env_, value, &isTypedArray));
  if (!isTypedArray) fail(name, describe(value), typeName(type));
  napi_typedarray_type found = type;
  std::size_t count = 0;
  napi_value buffer = nullptr;
  must(env_, napi_get_typedarray_info(env_, value, &found, &count, data, &buffer, nullptr));
  if (found != type) fail(name, typeName(found), typeName(type));
  bool ownsBuffer = false, detached = false;
  must(env_, napi_is_arraybuffer(env_, buffer, &ownsBuffer));
  if (!ownsBuffer) fail(name, "an array on a shared buffer", "memory no other thread can write while the kernel runs");
  must(env_, napi_is_detached_arraybuffer(env_, buffer, &detached));
  if (detached) fail(name, "an array on a detached buffer", "memory that was not transferred away");
  *length = static_cast<std::int64_t>(count);
  addRange(name, *data, *length, access);
}

template <class Array>
Array Call::array(const char* name, Access access) {
  using Element = std::remove_pointer_t<decltype(Array::data)>;
  const napi_typedarray_type type = std::is_same_v<Element, float> ? napi_float32_array : napi_int32_array;
  void* data = nullptr;
  std::int64_t length = 0;
  typedArray(next(name), name, access, type, &data, &length);
  return {name, static_cast<Element*>(data), length, false};
}

template <class Array>
Array Call::optional(const char* name, Access access) {
  if (skipAbsent(name)) return {name, nullptr, 0, true};
  return array<Array>(name, access);
}

template Floats Call::array<Floats>(const char*, Access);
template Ints Call::array<Ints>(const char*, Access);
template Floats Call::optional<Floats>(const char*, Access);
template Ints Call::optional<Ints>(const char*, Access);

const std::int32_t* Call::indices(const Ints& array, std::int64_t bound, std::int32_t lowest) const {
  if (array.length == 0) return array.data;
  std::int32_t smallest = 0, largest = 0;
  table_.intRange(array.data, array.length, &smallest, &largest);
  checkRange(array.name, smallest, largest, bound, lowest);
  return array.data;
}

const std::int32_t* Call::ascendingIndices(const Ints& array, std::int64_t bound) const {
  indices(array, bound);
  bool ascending = true;
  for (std::int64_t i = 1; i < array.length; ++i) ascending &= array.data[i - 1] < array.data[i];
  if (!ascending) fail(array.name, "ids that do not ascend", "each id greater than the one before");
  return array.data;
}

const std::int32_t* Call::offsets(const Ints& array, std::int64_t rows, std::int64_t last) const {
  checkLength(array.name, array.length, rows + 1, 1, false);
  checkOffsets(array.name, array.data[0], array.data[rows], last, !table_.nondecreasing(array.data, rows + 1));
  return array.data;
}

void Call::ascendingRows(const Ints& offsets, const Ints& indices, std::int64_t rows) const {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t e = offsets.data[row] + 1; e < offsets.data[row + 1]; ++e) {
      if (indices.data[e - 1] > indices.data[e]) fail(indices.name, "a descending index in a row", "rows in ascending order");
    }
  }
}

void Call::shorterRows(const Ints& ids, const Csr& a, std::int64_t limit) const {
  for (std::int64_t j = 0; j < ids.length; ++j) {
    const std::int64_t row = ids.data[j], count = a.offsets[row + 1] - a.offsets[row];
    if (count >= limit) failLongRow(ids.name, row, count, limit);
  }
}

}  // namespace amr
