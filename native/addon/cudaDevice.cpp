#if defined(AMR_HAS_CUDA)
#include "addon/cudaDevice.h"

#include "addon/cudaCall.h"
#include "addon/cudaGuard.h"
#include "addon/cudaIds.h"
#include "addon/cudaSteps.h"

namespace amr {
namespace {

using SharedContext = std::shared_ptr<cuda::Context>;

// -- kernels: what each promises of the integers it writes -----------------------------------------------------------------

template <class Arguments>
void promise(const Arguments&, CudaCall&) {}
void promise(const SampleNegatives& s, CudaCall& call) { call.promise(s.negatives, 0, s.items - 1); }
void promise(const CosineTopK& s, CudaCall& call) { call.promise(s.indices, 0, s.m - 1); }
void promise(const RankTopK& s, CudaCall& call) { call.promise(s.indices, -1, s.columns - 1); }

template <class Arguments, void (*kernel)(const Arguments&, cuda::Context&)>
Napi::Function kernelFunction(Napi::Env env, const SharedContext& context, const char* name) {
  const auto run = [context, name](const Napi::CallbackInfo& info) {
    return guarded(info.Env(), name, [&] {
      CudaCall call(name, info.Env(), static_cast<napi_callback_info>(info), context);
      const Arguments arguments = Arguments::read(call);
      call.finish();
      call.forgetWritten();
      kernel(arguments, *context);
      promise(arguments, call);
      return info.Env().Undefined();
    });
  };
  return Napi::Function::New(env, run, name);
}

Napi::Object kernelFunctions(Napi::Env env, const SharedContext& context) {
  Napi::Object kernels = Napi::Object::New(env);
#define AMR_CUDA_KERNEL(function, Arguments) \
  kernels.Set(#function, kernelFunction<Arguments, &cuda::function>(env, context, #function));
#include "cudaKernels.def"
#undef AMR_CUDA_KERNEL
  return kernels;
}

// -- memory ------------------------------------------------------------------------------------------------------------

CudaArray& arrayIn(const Napi::CallbackInfo& info, const char* what) {
  CudaArray* array = unwrapCudaArray(info.Env(), info[0]);
  if (array == nullptr) throw CallError{what, "no device memory", "memory this device handed out"};
  if (array->block->memory == nullptr) throw CallError{what, "an array that was released before", "an array in use"};
  return *array;
}

/** The host's side of a copy: a typed array of the same type and length. */
void* hostSide(const Napi::CallbackInfo& info, const CudaArray& array, const char* what) {
  const char* wanted = array.block->isInt ? "Int32Array" : "Float32Array";
  const auto wrong = [&](const std::string& got) {
    return CallError{what, got, std::to_string(array.length) + " of " + wanted};
  };
  if (!info[1].IsTypedArray()) throw wrong("no typed array");
  const auto typed = info[1].As<Napi::TypedArray>();
  const napi_typedarray_type type = array.block->isInt ? napi_int32_array : napi_float32_array;
  void* data = nullptr;
  std::size_t length = 0;
  napi_typedarray_type found = type;
  must(info.Env(), napi_get_typedarray_info(info.Env(), typed, &found, &length, &data, nullptr, nullptr));
  if (found != type || static_cast<std::int64_t>(length) != array.length) {
    throw wrong(std::to_string(length) + " values of " + typeName(found));
  }
  return data;
}

Napi::Value allocate(const Napi::CallbackInfo& info, const SharedContext& context) {
  // Lengths as the kernels count them; bytes then fit in 64 bits with room to spare.
  const std::int64_t length = wholeNumber(info[0], "device memory", std::int64_t{1} << 40);
  auto block = std::make_shared<CudaBlock>(context, length, info[1].ToBoolean().Value());
  if (info[2].ToBoolean().Value()) {
    context->zero(block->memory, length * 4);
    block->bounds = cuda::IntFacts{0, 0, 0, 0, 0, 0};
    block->isExact = length > 1;
  }
  return wrapCudaArray(info.Env(), {std::move(block), 0, length, {}});
}

Napi::Value view(const Napi::CallbackInfo& info) {
  const CudaArray& array = arrayIn(info, "subarray");
  const std::int64_t end = wholeNumber(info[2], "subarray, end", array.length), start = wholeNumber(info[1], "subarray, start", end);
  return wrapCudaArray(info.Env(), {array.block, array.start + start, end - start, {}});
}

Napi::Value release(const Napi::CallbackInfo& info) {
  const CudaArray& array = arrayIn(info, "release");
  if (!array.isWhole()) {
    throw CallError{"release", "a view of " + std::to_string(array.length) + " elements",
                    "the whole array of " + std::to_string(array.block->length)};
  }
  array.block->giveBack();
  return info.Env().Undefined();
}

Napi::Value write(const Napi::CallbackInfo& info) {
  const CudaArray& array = arrayIn(info, "write");
  const void* values = hostSide(info, array, "write");
  array.block->touch();
  array.block->context->copyToDevice(array.data(), values, array.length * 4);
  if (array.block->isInt && array.isWhole() && array.length > 0) {
    const std::int32_t* ints = static_cast<const std::int32_t*>(values);
    array.block->bounds = hostFacts(ints, array.length);
    array.block->isExact = true;
    if (array.length <= CudaBlock::mostKept) array.block->values.assign(ints, ints + array.length);
  }
  return info.Env().Undefined();
}

Napi::Value readBack(const Napi::CallbackInfo& info) {
  const CudaArray& array = arrayIn(info, "read");
  array.block->context->copyToHost(hostSide(info, array, "read"), array.data(), array.length * 4);
  return info.Env().Undefined();
}

Napi::Value usage(const Napi::CallbackInfo& info, const SharedContext& context) {
  const cuda::Usage& counted = context->usage();
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, std::int64_t value) { result.Set(name, static_cast<double>(value)); };
  set("usedBytes", counted.usedBytes);
  set("pooledBytes", counted.pooledBytes);
  set("peakBytes", counted.peakBytes);
  set("bytesToDevice", counted.bytesToDevice);
  set("bytesToHost", counted.bytesToHost);
  set("copiesToDevice", counted.copiesToDevice);
  set("copiesToHost", counted.copiesToHost);
  return result;
}

/** setShare(phase, blocks | undefined, cards, card): see cuda::ColumnShare; phase 0 alone, 1 blocks, 2 rest, 3 columns (without blocks). */
Napi::Value setShare(const Napi::CallbackInfo& info, const SharedContext& context) {
  cuda::ColumnShare share;
  share.phase = static_cast<cuda::ColumnShare::Phase>(wholeNumber(info[0], "setShare, phase", 3));
  if (share.phase != cuda::ColumnShare::Phase::alone) {
    share.cards = static_cast<int>(wholeNumber(info[2], "setShare, cards", mostCards));
    share.card = static_cast<int>(wholeNumber(info[3], "setShare, card", share.cards - 1));
  }
  if (share.phase == cuda::ColumnShare::Phase::blocks || share.phase == cuda::ColumnShare::Phase::rest) {
    CudaArray* const blocks = unwrapCudaArray(info.Env(), info[1]);
    const bool isRight = blocks != nullptr && !blocks->block->isInt && blocks->block->context == context && blocks->length % 2 == 0 &&
                         reinterpret_cast<std::uintptr_t>(blocks->data()) % sizeof(double) == 0;
    if (!isRight) throw CallError{"setShare, blocks", "something else", "floats of this device in pairs, which are doubles"};
    share.blocks = reinterpret_cast<double*>(blocks->data());
    share.count = blocks->length / 2;
  }
  context->setShare(share);
  return info.Env().Undefined();
}

/** takeTurns(out, x, d, cards, card): see cuda::TakeTurns. */
Napi::Value takeTurns(const Napi::CallbackInfo& info, const SharedContext& context) {
  const auto floats = [&](std::size_t at) -> CudaArray& {
    CudaArray* const array = unwrapCudaArray(info.Env(), info[at]);
    const bool isRight = array != nullptr && !array->block->isInt && array->block->memory != nullptr && array->block->context == context;
    if (!isRight) throw CallError{"takeTurns", "something else", "floats of this device in use"};
    return *array;
  };
  CudaArray &out = floats(0), &x = floats(1);
  const std::int64_t d = wholeNumber(info[2], "takeTurns, d", x.length), cards = wholeNumber(info[3], "takeTurns, cards", mostCards);
  const std::int64_t card = wholeNumber(info[4], "takeTurns, card", cards - 1);
  if (x.length != out.length * cards || (out.length > 0 && (d == 0 || out.length % d != 0))) {
    throw CallError{"takeTurns", std::to_string(out.length) + " elements of " + std::to_string(x.length) + " in rows of " + std::to_string(d),
                    "whole rows, one of every " + std::to_string(cards)};
  }
  out.block->touch();
  if (out.length > 0) cuda::takeTurns({reinterpret_cast<float*>(out.data()), reinterpret_cast<const float*>(x.data()), out.length / d, d, cards, card}, *context);
  return info.Env().Undefined();
}

}  // namespace

Napi::Error cudaError(Napi::Env env, const cuda::CudaError& error) {
  Napi::Error thrown = callError(env, {error.what, error.got, error.expected});
  thrown.Set("code", Napi::String::New(env, "AMR_CUDA"));
  thrown.Set("hint", Napi::String::New(env, error.hint));
  return thrown;
}

Napi::Object cudaDevice(Napi::Env env, const SharedContext& context) {
  Napi::Object device = Napi::Object::New(env);
  const auto add = [&](const char* name, auto body) {
    const auto run = [body, name](const Napi::CallbackInfo& call) { return guarded(call.Env(), name, [&] { return body(call); }); };
    device.Set(name, Napi::Function::New(env, run, name));
  };
  device.Set("description", context->description());
  device.Set("kernels", kernelFunctions(env, context));
  device.Set("hasBlas", context->blas() != nullptr);
  add("allocate", [context](const Napi::CallbackInfo& call) { return allocate(call, context); });
  add("view", view);
  add("release", release);
  add("write", write);
  add("read", readBack);
  add("sortIds", [context](const Napi::CallbackInfo& call) { return sortIds(call, context); });
  add("gatherIds", [context](const Napi::CallbackInfo& call) { return gatherIds(call, context); });
  add("shuffledIds", [context](const Napi::CallbackInfo& call) { return shuffledIds(call, context); });
  add("record", [context](const Napi::CallbackInfo& call) { return record(call, context); });
  add("sliceIds", [context](const Napi::CallbackInfo& call) { return sliceIds(call, context); });
  add("noteLoss", [context](const Napi::CallbackInfo& call) { return noteLoss(call, context); });
  add("adamTables", [context](const Napi::CallbackInfo& call) { return adamTables(call, context); });
  add("setPrecision", [context](const Napi::CallbackInfo& call) {
    context->setPrecision(static_cast<cuda::Precision>(wholeNumber(call[0], "precision", 2)));
    return call.Env().Undefined();
  });
  add("takeTurns", [context](const Napi::CallbackInfo& call) { return takeTurns(call, context); });
  add("setShare", [context](const Napi::CallbackInfo& call) { return setShare(call, context); });
  add("startTimer", [context](const Napi::CallbackInfo& call) {
    context->startTimer();
    return call.Env().Undefined();
  });
  add("stopTimer", [context](const Napi::CallbackInfo& call) { return Napi::Number::New(call.Env(), context->stopTimer()); });
  add("usage", [context](const Napi::CallbackInfo& call) { return usage(call, context); });
  add("trim", [context](const Napi::CallbackInfo& call) {
    context->trim();
    return call.Env().Undefined();
  });
  return device;
}

Napi::Value openCuda(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, "device cuda", [&]() -> Napi::Value {
    const std::int64_t limit = memoryLimit(info[0]);
    cuda::Range::open(names(info[2]));
    const int card = info[3].IsUndefined() ? 0 : static_cast<int>(wholeNumber(info[3], "number of a card", mostCards));
    return cudaDevice(env, std::make_shared<cuda::Context>(card, limit, names(info[1])));
  });
}

}  // namespace amr
#endif
