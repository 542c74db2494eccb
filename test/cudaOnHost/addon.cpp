// The addon of the `cuda-emulated` device: the CUDA back end on the host shim, and the shim's own controls.
#include <napi.h>

#include "addon/cudaDevice.h"
#include "addon/cudaGroup.h"
#include "cuda_runtime.h"
#include "lanes.cuh"

namespace {

/** failNext(function, nth, code): see cuda_runtime.h. nth 0 forgets all faults. */
Napi::Value failNext(const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  cudaOnHost::failNext(name.c_str(), info[1].ToNumber().Int32Value(), info[2].ToNumber().Int32Value());
  return info.Env().Undefined();
}

Napi::Value setReverseOrder(const Napi::CallbackInfo& info) {
  cudaOnHost::setReverseOrder(info[0].ToBoolean());
  return info.Env().Undefined();
}

/** setCurrentCard(card): as another library of the process may. */
Napi::Value setCurrentCard(const Napi::CallbackInfo& info) {
  cudaSetDevice(info[0].ToNumber());
  return info.Env().Undefined();
}

void sumRow(float* out, const std::int32_t* indices, const float* x, std::int64_t begin, std::int64_t end) {
  const auto sum = amr::cuda::sumEntries<4, 8>({indices, nullptr}, x, 4, 0, begin, end);
  if (threadIdx.x == 0) amr::cuda::storeLanes<4>(out, sum);
}

/**
 * sumEntriesFrom(begin, count) -> the sum of x[indices[e]] over entries [begin, begin + count) of a matrix of which nothing else is there;
 * x is 1, 2, 4 in turn. `begin` may be where 32 bits end.
 */
Napi::Value sumEntriesFrom(const Napi::CallbackInfo& info) {
  const std::int64_t begin = info[0].ToNumber().Int64Value(), count = info[1].ToNumber().Int64Value();
  std::vector<std::int32_t> there(static_cast<std::size_t>(count));
  for (std::size_t e = 0; e < there.size(); ++e) there[e] = static_cast<std::int32_t>(e % 3);
  alignas(16) const float x[] = {1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0};
  alignas(16) float out[4] = {};
  // As a number: the rest of the array is not there.
  const auto address = reinterpret_cast<std::uintptr_t>(there.data()) - static_cast<std::uintptr_t>(begin) * sizeof(std::int32_t);
  const auto* indices = reinterpret_cast<const std::int32_t*>(address);
  cudaOnHost::launchKernel("sumRow", dim3(1), dim3(32), nullptr, sumRow, &out[0], indices, &x[0], begin, begin + count);
  return Napi::Number::New(info.Env(), out[0]);
}

Napi::Value counters(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, std::uint64_t value) { result.Set(name, static_cast<double>(value)); };
  set("launches", cudaOnHost::counters.launches);
  set("bytesToDevice", cudaOnHost::counters.bytesToDevice);
  set("bytesToHost", cudaOnHost::counters.bytesToHost);
  set("copiesToDevice", cudaOnHost::counters.copiesToDevice);
  set("copiesToHost", cudaOnHost::counters.copiesToHost);
  set("allocations", cudaOnHost::counters.allocations);
  set("frees", cudaOnHost::counters.frees);
  set("synchronisations", cudaOnHost::counters.synchronisations);
  set("pinned", cudaOnHost::counters.pinned);
  set("streams", cudaOnHost::counters.streams);
  set("events", cudaOnHost::counters.events);
  set("graphs", cudaOnHost::counters.graphs);
  set("graphLaunches", cudaOnHost::counters.graphLaunches);
  set("collectives", cudaOnHost::counters.collectives);
  set("bytesBetweenCards", cudaOnHost::counters.bytesBetweenCards);
  set("copiesBetweenCards", cudaOnHost::counters.copiesBetweenCards);
  set("racesBetweenCards", cudaOnHost::counters.racesBetweenCards);
  return result;
}

/** launchesByKernel() -> { kernel: launches since the start } */
Napi::Value launchesByKernel(const Napi::CallbackInfo& info) {
  Napi::Object result = Napi::Object::New(info.Env());
  for (const auto& [kernel, launches] : cudaOnHost::launchesOf) result.Set(kernel, static_cast<double>(launches));
  return result;
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports.Set("openCuda", Napi::Function::New(env, amr::openCuda, "openCuda"));
  exports.Set("openCudaGroup", Napi::Function::New(env, amr::openCudaGroup, "openCudaGroup"));
  exports.Set("failNext", Napi::Function::New(env, failNext, "failNext"));
  exports.Set("setReverseOrder", Napi::Function::New(env, setReverseOrder, "setReverseOrder"));
  exports.Set("setCurrentCard", Napi::Function::New(env, setCurrentCard, "setCurrentCard"));
  exports.Set("sumEntriesFrom", Napi::Function::New(env, sumEntriesFrom, "sumEntriesFrom"));
  exports.Set("counters", Napi::Function::New(env, counters, "counters"));
  exports.Set("launchesByKernel", Napi::Function::New(env, launchesByKernel, "launchesByKernel"));
  return exports;
}

}  // namespace

NODE_API_MODULE(agentmmrecEmulated, start)
