#include "addon/call.h"

#include <cmath>
#include <limits>
#include <type_traits>

namespace amr {
namespace {

/** Fails only when a JavaScript exception is pending or Node itself is broken; either way that error is the one to show. */
void must(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

const char* typeName(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array: return "Int8Array";
    case napi_uint8_array: return "Uint8Array";
    case napi_uint8_clamped_array: return "Uint8ClampedArray";
    case napi_int16_array: return "Int16Array";
    case napi_uint16_array: return "Uint16Array";
    case napi_int32_array: return "Int32Array";
    case napi_uint32_array: return "Uint32Array";
    case napi_float32_array: return "Float32Array";
    case napi_float64_array: return "Float64Array";
    case napi_bigint64_array: return "BigInt64Array";
    case napi_biguint64_array: return "BigUint64Array";
    default: return "a typed array of another type";
  }
}

std::string elements(std::int64_t count) { return std::to_string(count) + (count == 1 ? " element" : " elements"); }

}  // namespace

Call::Call(const char* kernel, napi_env env, napi_callback_info info, const KernelTable& table)
    : kernel_(kernel), env_(env), table_(table) {
  count_ = maximum;
  must(env, napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr));
}

void Call::fail(const char* name, const std::string& got, const std::string& expected) const {
  throw CallError{std::string(kernel_) + (name[0] == '\0' ? "" : std::string(", argument ") + name), got, expected};
}

napi_value Call::next(const char* name) {
  if (at_ >= count_ || at_ >= maximum) fail(name, std::to_string(count_) + " arguments", "one more");
  return values_[at_++];
}

std::string Call::describe(napi_value value) const {
  napi_valuetype type = napi_undefined;
  must(env_, napi_typeof(env_, value, &type));
  if (type == napi_undefined) return "undefined";
  if (type == napi_null) return "null";
  if (type == napi_boolean) return "a boolean";
  if (type == napi_string) return "a string";
  if (type == napi_function) return "a function";
  if (type == napi_number) {
    double number = 0;
    must(env_, napi_get_value_double(env_, value, &number));
    return Napi::Number::New(env_, number).ToString().Utf8Value();
  }
  bool isTypedArray = false;
  must(env_, napi_is_typedarray(env_, value, &isTypedArray));
  if (!isTypedArray) return "an object";
  napi_typedarray_type arrayType = napi_int8_array;
  must(env_, napi_get_typedarray_info(env_, value, &arrayType, nullptr, nullptr, nullptr, nullptr));
  return typeName(arrayType);
}

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
  const char* begin = static_cast<const char*>(*data);
  ranges_[arrays_++] = {name, begin, begin == nullptr ? begin : begin + count * 4, access};
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
  napi_valuetype type = napi_undefined;
  must(env_, napi_typeof(env_, at_ < count_ && at_ < maximum ? values_[at_] : next(name), &type));
  if (type != napi_undefined && type != napi_null) return array<Array>(name, access);
  ++at_;
  return {name, nullptr, 0, true};
}

template Floats Call::array<Floats>(const char*, Access);
template Ints Call::array<Ints>(const char*, Access);
template Floats Call::optional<Floats>(const char*, Access);

double Call::anyNumber(const char* name) {
  const napi_value value = next(name);
  double number = 0;
  const napi_status status = napi_get_value_double(env_, value, &number);
  if (status == napi_number_expected) fail(name, describe(value), "a number");
  must(env_, status);
  return number;
}

double Call::wideNumber(const char* name) { return anyNumber(name); }
float Call::number(const char* name) { return static_cast<float>(anyNumber(name)); }

std::int64_t Call::size(const char* name, std::int64_t smallest) {
  const double value = anyNumber(name);
  constexpr double limit = std::numeric_limits<std::int32_t>::max();
  if (!(value >= static_cast<double>(smallest) && value <= limit) || std::floor(value) != value) {
    fail(name, Napi::Number::New(env_, value).ToString().Utf8Value(),
         "an integer from " + std::to_string(smallest) + " to 2147483647");
  }
  return static_cast<std::int64_t>(value);
}

bool Call::flag(const char* name) {
  const napi_value value = next(name);
  bool flag = false;
  const napi_status status = napi_get_value_bool(env_, value, &flag);
  if (status == napi_boolean_expected) fail(name, describe(value), "true or false");
  must(env_, status);
  return flag;
}

void Call::checkLength(const char* name, std::int64_t length, std::int64_t rows, std::int64_t cols, bool absent) const {
  if (absent || length == rows * cols) return;
  const std::string product = cols == 1 ? "" : std::to_string(rows) + " x " + std::to_string(cols) + " = ";
  fail(name, elements(length), product + elements(rows * cols));
}

void Call::checkAtLeast(const char* name, std::int64_t length, std::int64_t count) const {
  if (length < count) fail(name, elements(length), "at least " + elements(count));
}

std::int64_t Call::checkRows(const char* name, std::int64_t length, std::int64_t cols) const {
  if (length % cols != 0) fail(name, elements(length), "whole rows of " + std::to_string(cols));
  return length / cols;
}

const std::int32_t* Call::indices(const Ints& array, std::int64_t bound, std::int32_t lowest) const {
  if (array.length == 0) return array.data;
  std::int32_t smallest = 0, largest = 0;
  table_.intRange(array.data, array.length, &smallest, &largest);
  if (smallest < lowest || largest >= bound) {
    fail(array.name, "index " + std::to_string(smallest < lowest ? smallest : largest),
         bound <= 0 ? "no index, there is nothing to point at"
                    : "indices from " + std::to_string(lowest) + " to " + std::to_string(bound - 1));
  }
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
  if (array.data[0] != 0) fail(array.name, "first offset " + std::to_string(array.data[0]), "0");
  if (array.data[rows] != last) fail(array.name, "last offset " + std::to_string(array.data[rows]), std::to_string(last));
  if (!table_.nondecreasing(array.data, rows + 1)) fail(array.name, "a descending offset", "offsets that never descend");
  return array.data;
}

Csr Call::csr(const char* name) {
  const Ints offsetsArray = ints(name);
  const Ints indicesArray = ints(name);
  const Floats values = optionalFloats(name);
  Csr a{};
  a.rows = size(name, 0);
  a.cols = size(name, 0);
  a.nnz = indicesArray.length;
  a.offsets = offsets(offsetsArray, a.rows, a.nnz);
  a.indices = indices(indicesArray, a.cols);
  a.values = shape(values, a.nnz);
  // A matrix without entries may carry values without memory; null means ones, of which there are none either.
  return a;
}

void Call::finish() const {
  if (count_ != at_) fail("", std::to_string(count_) + " arguments", std::to_string(at_));
  for (std::size_t i = 0; i < arrays_; ++i) {
    const Range& out = ranges_[i];
    if (out.access == read) continue;
    for (std::size_t j = 0; j < arrays_; ++j) {
      const Range& other = ranges_[j];
      if (i == j || out.begin >= other.end || other.begin >= out.end) continue;
      const bool same = out.begin == other.begin && out.end == other.end;
      if (same && out.access == writtenOrSame && other.access == read) continue;
      fail(out.name, std::string("memory shared with ") + other.name,
           out.access == writtenOrSame ? "the same elements or none in common" : "no element in common");
    }
  }
}

}  // namespace amr
