#include "addon/callArguments.h"

#include <cmath>
#include <limits>

namespace amr {
namespace {

std::string elements(std::int64_t count) { return std::to_string(count) + (count == 1 ? " element" : " elements"); }

}  // namespace

void must(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

Napi::Error callError(Napi::Env env, const CallError& error) {
  Napi::Error thrown = Napi::Error::New(env, error.what + ": got " + error.got + ", expected " + error.expected);
  thrown.Set("code", Napi::String::New(env, "AMR_CALL"));
  thrown.Set("what", Napi::String::New(env, error.what));
  thrown.Set("got", Napi::String::New(env, error.got));
  thrown.Set("expected", Napi::String::New(env, error.expected));
  return thrown;
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

CallArguments::CallArguments(const char* kernel, napi_env env, napi_callback_info info) : env_(env), kernel_(kernel) {
  count_ = maximum;
  must(env, napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr));
}

void CallArguments::fail(const char* name, const std::string& got, const std::string& expected) const {
  throw CallError{std::string(kernel_) + (name[0] == '\0' ? "" : std::string(", argument ") + name), got, expected};
}

napi_value CallArguments::next(const char* name) {
  if (at_ >= count_ || at_ >= maximum) fail(name, std::to_string(count_) + " arguments", "one more");
  return values_[at_++];
}

bool CallArguments::skipAbsent(const char* name) {
  napi_valuetype type = napi_undefined;
  must(env_, napi_typeof(env_, at_ < count_ && at_ < maximum ? values_[at_] : next(name), &type));
  if (type != napi_undefined && type != napi_null) return false;
  ++at_;
  return true;
}

void CallArguments::addRange(const char* name, const void* data, std::int64_t length, Access access) {
  const char* begin = static_cast<const char*>(data);
  ranges_[arrays_++] = {name, begin, begin == nullptr ? begin : begin + length * 4, access};
}

std::string CallArguments::describe(napi_value value) const {
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

double CallArguments::anyNumber(const char* name) {
  const napi_value value = next(name);
  double number = 0;
  const napi_status status = napi_get_value_double(env_, value, &number);
  if (status == napi_number_expected) fail(name, describe(value), "a number");
  must(env_, status);
  return number;
}

double CallArguments::wideNumber(const char* name) { return anyNumber(name); }
float CallArguments::number(const char* name) { return static_cast<float>(anyNumber(name)); }

std::int64_t CallArguments::size(const char* name, std::int64_t smallest) {
  const double value = anyNumber(name);
  constexpr double limit = std::numeric_limits<std::int32_t>::max();
  if (!(value >= static_cast<double>(smallest) && value <= limit) || std::floor(value) != value) {
    fail(name, Napi::Number::New(env_, value).ToString().Utf8Value(),
         "an integer from " + std::to_string(smallest) + " to 2147483647");
  }
  return static_cast<std::int64_t>(value);
}

bool CallArguments::flag(const char* name) {
  const napi_value value = next(name);
  bool flag = false;
  const napi_status status = napi_get_value_bool(env_, value, &flag);
  if (status == napi_boolean_expected) fail(name, describe(value), "true or false");
  must(env_, status);
  return flag;
}

void CallArguments::checkLength(const char* name, std::int64_t length, std::int64_t rows, std::int64_t cols, bool absent) const {
  if (absent || length == rows * cols) return;
  const std::string product = cols == 1 ? "" : std::to_string(rows) + " x " + std::to_string(cols) + " = ";
  fail(name, elements(length), product + elements(rows * cols));
}

void CallArguments::checkAtLeast(const char* name, std::int64_t length, std::int64_t count) const {
  if (length < count) fail(name, elements(length), "at least " + elements(count));
}

std::int64_t CallArguments::checkRows(const char* name, std::int64_t length, std::int64_t cols) const {
  if (length % cols != 0) fail(name, elements(length), "whole rows of " + std::to_string(cols));
  return length / cols;
}

void CallArguments::checkRange(const char* name, std::int64_t smallest, std::int64_t largest, std::int64_t bound,
                               std::int32_t lowest) const {
  if (smallest >= lowest && largest < bound) return;
  fail(name, "index " + std::to_string(smallest < lowest ? smallest : largest),
       bound <= 0 ? "no index, there is nothing to point at"
                  : "indices from " + std::to_string(lowest) + " to " + std::to_string(bound - 1));
}

void CallArguments::checkOffsets(const char* name, std::int64_t first, std::int64_t last, std::int64_t entries, bool descends) const {
  if (first != 0) fail(name, "first offset " + std::to_string(first), "0");
  if (last != entries) fail(name, "last offset " + std::to_string(last), std::to_string(entries));
  if (descends) fail(name, "a descending offset", "offsets that never descend");
}

void CallArguments::failLongRow(const char* name, std::int64_t row, std::int64_t count, std::int64_t limit) const {
  fail(name, "user " + std::to_string(row) + " with " + std::to_string(count) + " training items",
       "fewer than all " + std::to_string(limit) + " items");
}

void CallArguments::finish() const {
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
