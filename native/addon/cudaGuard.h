#pragma once
#include <napi.h>

#include <string>
#include <vector>

#include "addon/callArguments.h"
#include "addon/cudaMemory.h"
#include "runtime/ranges.h"

namespace amr {

/** Runs what may fail, under its name on a profiler's time line, and turns its errors into JavaScript's. */
template <class Body>
Napi::Value guarded(Napi::Env env, const char* name, const Body& body) {
  const cuda::Range range(name);
  try {
    return body();
  } catch (const CallError& error) {
    throw callError(env, error);
  } catch (const cuda::CudaError& error) {
    throw cudaError(env, error);
  } catch (const cuda::Unrecordable& reason) {
    Napi::Error thrown = callError(env, {"recorded work", reason.what, "work that stays on the card"});
    thrown.Set("code", Napi::String::New(env, "AMR_UNRECORDABLE"));
    throw thrown;
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw callError(env, {name, error.what(), "to finish"});
  }
}

/** What openCuda returns of an open card. */
Napi::Object cudaDevice(Napi::Env env, const std::shared_ptr<cuda::Context>& context);

/** Cards of a machine are numbered from 0 to this at most. */
constexpr std::int64_t mostCards = 63;

inline std::int64_t wholeNumber(const Napi::Value& value, const char* what, std::int64_t highest) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= static_cast<double>(highest) && number == static_cast<double>(static_cast<std::int64_t>(number)))) {
    throw CallError{what, value.ToString().Utf8Value(), "a whole number from 0 to " + std::to_string(highest)};
  }
  return static_cast<std::int64_t>(number);
}

/** Bytes; 0 where it is left out. */
inline std::int64_t memoryLimit(const Napi::Value& value) {
  return value.IsUndefined() ? 0 : wholeNumber(value, "memory limit", std::int64_t{1} << 50);
}

/** The strings of an array; none where it is left out. */
inline std::vector<std::string> names(const Napi::Value& value) {
  std::vector<std::string> all;
  if (!value.IsArray()) return all;
  const auto array = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < array.Length(); ++i) all.push_back(array.Get(i).ToString());
  return all;
}

}  // namespace amr
