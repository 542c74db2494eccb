// The addon of the `cuda-emulated` device: the CUDA back end on the host shim, and the shim's own controls.
#include <napi.h>

#include "addon/cudaDevice.h"
#include "addon/cudaGroup.h"
#include "cuda_runtime.h"

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
  exports.Set("counters", Napi::Function::New(env, counters, "counters"));
  exports.Set("launchesByKernel", Napi::Function::New(env, launchesByKernel, "launchesByKernel"));
  return exports;
}

}  // namespace

NODE_API_MODULE(agentmmrecEmulated, start)
