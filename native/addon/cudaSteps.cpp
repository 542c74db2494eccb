#if defined(AMR_HAS_CUDA)
#include "addon/cudaSteps.h"

#include "addon/callArguments.h"
#include "runtime/ranges.h"

namespace amr {
namespace {

using SharedContext = std::shared_ptr<cuda::Context>;

CudaArray& arrayOf(const Napi::Env& env, const Napi::Value& value, const char* what, bool isInt, const SharedContext& context) {
  CudaArray* array = unwrapCudaArray(env, value);
  const char* wanted = isInt ? "device memory of int32" : "device memory of float32";
  if (array == nullptr || array->block->isInt != isInt) throw CallError{what, "something else", wanted};
  if (array->block->memory == nullptr) throw CallError{what, "memory that was released before", "memory in use"};
  if (array->block->context != context) throw CallError{what, "memory of another device", "memory of this device"};
  return *array;
}

std::int32_t* intsOf(const CudaArray& array) { return reinterpret_cast<std::int32_t*>(array.data()); }
float* floatsOf(const CudaArray& array) { return reinterpret_cast<float*>(array.data()); }

void requireLength(const char* what, std::int64_t length, std::int64_t expected) {
  if (length != expected) throw CallError{what, std::to_string(length) + " elements", std::to_string(expected)};
}

/** What JavaScript holds of recorded work. What recorded it (a context, or a group) must not end before it. */
template <class Owner>
struct HeldWork {
  std::shared_ptr<Owner> owner;
  decltype(std::declval<Owner>().endRecording()) work;
  std::vector<std::weak_ptr<CudaBlock>> written;
};

template <class Owner>
void runHeld(const Napi::Env& env, HeldWork<Owner>& held) {
  if (held.work == nullptr) throw callError(env, {"recorded work", "a run after its release", "work in use"});
  const cuda::Range range("recorded work");
  try {
    held.work->run();
  } catch (const cuda::CudaError& error) {
    throw cudaError(env, error);
  }
  for (const auto& block : held.written) {
    if (const auto living = block.lock()) living->touch();
  }
}

template <class Owner>
Napi::Value recordOn(const Napi::CallbackInfo& info, const std::shared_ptr<Owner>& owner) {
  const auto held = std::make_shared<HeldWork<Owner>>(HeldWork<Owner>{owner, nullptr, {}});
  try {
    owner->beginRecording();
    CudaBlock::recorded = &held->written;
    info[0].As<Napi::Function>().Call({});
    held->work = owner->endRecording();
    CudaBlock::recorded = nullptr;
  } catch (...) {
    CudaBlock::recorded = nullptr;
    owner->dropRecording();
    throw;
  }
  Napi::Object work = Napi::Object::New(info.Env());
  const auto run = [held](const Napi::CallbackInfo& call) {
    runHeld(call.Env(), *held);
    return call.Env().Undefined();
  };
  const auto release = [held](const Napi::CallbackInfo& call) {
    held->work.reset();
    return call.Env().Undefined();
  };
  work.Set("run", Napi::Function::New(info.Env(), run, "run"));
  work.Set("release", Napi::Function::New(info.Env(), release, "release"));
  return work;
}

}  // namespace

Napi::Value record(const Napi::CallbackInfo& info, const SharedContext& context) { return recordOn(info, context); }
Napi::Value record(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Group>& group) { return recordOn(info, group); }

Napi::Value sliceIds(const Napi::CallbackInfo& info, const SharedContext& context) {
  const auto outs = info[0].As<Napi::Array>(), tables = info[1].As<Napi::Array>();
  const CudaArray& clock = arrayOf(info.Env(), info[2], "sliceIds, clock", true, context);
  requireLength("sliceIds, clock", clock.length, 1);
  cuda::SliceIds slices{};
  slices.clock = intsOf(clock);
  slices.count = static_cast<int>(outs.Length());
  if (slices.count > cuda::SliceIds::most || tables.Length() != outs.Length()) {
    throw CallError{"sliceIds", std::to_string(outs.Length()) + " arrays from " + std::to_string(tables.Length()),
                    "as many of both, at most " + std::to_string(cuda::SliceIds::most)};
  }
  for (std::uint32_t i = 0; i < outs.Length(); ++i) {
    CudaArray& out = arrayOf(info.Env(), outs.Get(i), "sliceIds, out", true, context);
    CudaArray& table = arrayOf(info.Env(), tables.Get(i), "sliceIds, table", true, context);
    if (i == 0) {
      slices.length = out.length;
      slices.whole = table.length;
    }
    requireLength("sliceIds, out", out.length, slices.length);
    requireLength("sliceIds, table", table.length, slices.whole);
    if (!out.isWhole()) throw CallError{"sliceIds, out", "a view", "a whole array"};
    slices.outs[i] = intsOf(out);
    slices.tables[i] = intsOf(table);
    out.block->touch();
    if (table.block->bounds) out.block->bounds = table.block->bounds;
  }
  if (slices.whole == 0 && slices.length > 0) throw CallError{"sliceIds, table", "no elements", "at least one"};
  cuda::sliceIds(slices, *context);
  return info.Env().Undefined();
}

Napi::Value noteLoss(const Napi::CallbackInfo& info, const SharedContext& context) {
  const CudaArray& losses = arrayOf(info.Env(), info[0], "noteLoss, losses", false, context);
  const CudaArray& loss = arrayOf(info.Env(), info[1], "noteLoss, loss", false, context);
  const auto clocks = info[2].As<Napi::Array>();
  const bool isRight = loss.length > 0 && losses.length % loss.length == 0 && clocks.Length() > 0 && clocks.Length() <= cuda::NoteLoss::mostClocks;
  if (!isRight) {
    throw CallError{"noteLoss", std::to_string(loss.length) + " parts for " + std::to_string(losses.length) + " losses, " + std::to_string(clocks.Length()) + " clocks",
                    "whole rows of losses, one or two clocks"};
  }
  cuda::NoteLoss note{floatsOf(losses), floatsOf(loss), losses.length / loss.length, loss.length, {}, static_cast<int>(clocks.Length())};
  for (std::uint32_t c = 0; c < clocks.Length(); ++c) {
    CudaArray& clock = arrayOf(info.Env(), clocks.Get(c), "noteLoss, clock", true, context);
    requireLength("noteLoss, clock", clock.length, 1);
    note.clocks[c] = intsOf(clock);
    clock.block->touch();
  }
  cuda::noteLoss(note, *context);
  return info.Env().Undefined();
}

Napi::Value adamTables(const Napi::CallbackInfo& info, const SharedContext& context) {
  const CudaArray& clock = arrayOf(info.Env(), info[0], "adamTables, clock", true, context);
  requireLength("adamTables, clock", clock.length, 1);
  const auto handles = info[1].As<Napi::Array>(), numbers = info[2].As<Napi::Array>();
  requireLength("adamTables, tables and settings", std::int64_t{handles.Length()} * 5, std::int64_t{numbers.Length()} * 4);
  std::vector<cuda::AdamTable> tables;
  for (std::uint32_t t = 0; t < handles.Length() / 4; ++t) {
    float* memory[4] = {};
    std::int64_t length = 0;
    for (std::uint32_t i = 0; i < 4; ++i) {
      const CudaArray& array = arrayOf(info.Env(), handles.Get(4 * t + i), "adamTables, table", false, context);
      if (i == 0) length = array.length;
      requireLength("adamTables, table", array.length, length);
      memory[i] = floatsOf(array);
    }
    double setting[5];
    for (std::uint32_t i = 0; i < 5; ++i) setting[i] = Napi::Value(numbers.Get(5 * t + i)).ToNumber().DoubleValue();
    const AdamSettings settings{setting[0], setting[1], setting[2], setting[3], setting[4]};
    tables.push_back({memory[0], memory[1], memory[2], memory[3], length, settings, false});
  }
  cuda::adamTables(tables, intsOf(clock), *context);
  return info.Env().Undefined();
}

}  // namespace amr
#endif
