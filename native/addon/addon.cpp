// The module: what this build and processor offer, and per device one object of kernel functions.
#include <napi.h>

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "addon/call.h"
#include "addon/cudaDevice.h"
#include "addon/cudaGroup.h"
#include "addon/memory.h"

namespace amr {
namespace {

/** What a kernel function is bound to. Lives as long as the process: there are few, and functions point at them. */
struct CpuDevice {
  const KernelTable* table;
  Workers workers;
};

CpuDevice* cpuDevice(const KernelTable* table, int threads, bool pinned) {
  static std::mutex mutex;
  static auto* const devices = new std::map<std::tuple<const KernelTable*, int, bool>, std::unique_ptr<CpuDevice>>;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& device = (*devices)[{table, threads, pinned}];
  if (!device) device = std::make_unique<CpuDevice>(CpuDevice{table, Workers(threads, pinned)});
  return device.get();
}

template <class Arguments>
using Kernel = void (*)(const Arguments&, const Workers&);

/** One exported kernel: reads and checks the arguments, runs, returns undefined. */
template <class Arguments, Kernel<Arguments> KernelTable::* kernel>
napi_value callKernel(napi_env env, napi_callback_info info, const char* name) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const CpuDevice& device = *static_cast<const CpuDevice*>(data);
  try {
    Call call(name, env, info, *device.table);
    const Arguments arguments = Arguments::read(call);
    call.finish();
    (device.table->*kernel)(arguments, device.workers);
  } catch (const CallError& error) {
    callError(env, error).ThrowAsJavaScriptException();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    callError(env, {name, error.what(), "to finish"}).ThrowAsJavaScriptException();
  }
  return nullptr;
}

Napi::Object kernelFunctions(Napi::Env env, CpuDevice* device) {
  Napi::Object kernels = Napi::Object::New(env);
  napi_value function = nullptr;
#define AMR_KERNEL(kernel, Arguments)                                                                            \
  if (napi_create_function(                                                                                      \
          env, #kernel, NAPI_AUTO_LENGTH,                                                                        \
          [](napi_env e, napi_callback_info i) { return callKernel<Arguments, &KernelTable::kernel>(e, i, #kernel); }, \
          device, &function) != napi_ok)                                                                         \
    throw Napi::Error::New(env);                                                                                 \
  kernels.Set(#kernel, Napi::Value(env, function));
#include "kernels.def"
#undef AMR_KERNEL
  return kernels;
}

/** openCpu(isa | undefined, threads | undefined, pinned | undefined) -> { isa, lanes, threads, kernels } */
Napi::Value openCpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KernelTable* table = availableTables().front();
  if (info[0].IsString()) {
    const std::string isa = info[0].As<Napi::String>();
    table = findTable(isa);
    std::string names;
    for (const KernelTable* known : availableTables()) names += std::string(names.empty() ? "" : ", ") + known->isa;
    if (table == nullptr) throw callError(env, {"instruction set", isa, "one this build and processor have: " + names});
  }
  int threads = Workers::machine();
  if (info[1].IsNumber()) {
    const double asked = info[1].As<Napi::Number>().DoubleValue();
    if (!(asked >= 1 && asked <= Workers::maximum && asked == static_cast<double>(static_cast<int>(asked)))) {
      throw callError(env, {"threads", info[1].ToString().Utf8Value(), "an integer from 1 to " + std::to_string(Workers::maximum)});
    }
    threads = static_cast<int>(asked);
  }
  Napi::Object device = Napi::Object::New(env);
  device.Set("isa", table->isa);
  device.Set("lanes", table->lanes);
  device.Set("threads", threads);
  device.Set("kernels", kernelFunctions(env, cpuDevice(table, threads, info[2].ToBoolean().Value())));
  return device;
}

Napi::Value instructionSets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const KernelTable* table : availableTables()) names.Set(names.Length(), table->isa);
  return names;
}

/** lastShare() -> threads of this JavaScript thread's last kernel call that had work for more than one */
Napi::Value lastShare(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), Workers::lastShare()); }

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports.Set("openCpu", Napi::Function::New(env, openCpu, "openCpu"));
  exports.Set("instructionSets", Napi::Function::New(env, instructionSets, "instructionSets"));
  exports.Set("lastShare", Napi::Function::New(env, lastShare, "lastShare"));
  exports.Set("prepareMemory", Napi::Function::New(env, prepareMemory, "prepareMemory"));
#if defined(AMR_HAS_CUDA)
  exports.Set("openCuda", Napi::Function::New(env, openCuda, "openCuda"));
  exports.Set("openCudaGroup", Napi::Function::New(env, openCudaGroup, "openCudaGroup"));
#endif
  return exports;
}

}  // namespace

NODE_API_MODULE(agentmmrec, start)

}  // namespace amr
