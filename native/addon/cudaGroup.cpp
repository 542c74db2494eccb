#if defined(AMR_HAS_CUDA)
#include "addon/cudaGroup.h"

#include "addon/cudaDevice.h"
#include "addon/cudaGuard.h"
#include "addon/cudaSteps.h"
#include "runtime/group.h"

namespace amr {
namespace {

using SharedGroup = std::shared_ptr<cuda::Group>;

Napi::Value share(const Napi::CallbackInfo& info, const SharedGroup& group) {
  const auto handles = info[0].As<Napi::Array>(), given = info[1].As<Napi::Array>();
  const std::size_t cards = group->cards().size();
  if (handles.Length() != cards || given.Length() != cards + 1) {
    throw CallError{"share", std::to_string(handles.Length()) + " arrays and " + std::to_string(given.Length()) + " bounds",
                    std::to_string(cards) + " arrays and a bound more"};
  }
  std::vector<char*> arrays;
  std::vector<std::int64_t> bounds;
  for (std::uint32_t card = 0; card < cards; ++card) {
    CudaArray* const array = unwrapCudaArray(info.Env(), handles.Get(card));
    if (array == nullptr || array->block->memory == nullptr) throw CallError{"share", "no device memory", "memory in use"};
    if (array->block->context != group->cards()[card]) throw CallError{"share", "memory of another card", "an array of each card"};
    const std::int64_t lowest = bounds.empty() ? 0 : bounds.back() / 4;
    bounds.push_back(4 * wholeNumber(given.Get(card), "share, bound", array->length));
    const std::int64_t end = wholeNumber(given.Get(card + 1), "share, bound", array->length);
    if (bounds.back() / 4 < lowest || end < bounds.back() / 4) throw CallError{"share, bounds", "descending ones", "ascending ones"};
    if (array->block->isInt) array->block->touch();
    arrays.push_back(array->data());
  }
  bounds.push_back(4 * wholeNumber(given.Get(static_cast<std::uint32_t>(cards)), "share, bound", std::int64_t{1} << 40));
  group->share(arrays, bounds);
  return info.Env().Undefined();
}

Napi::Value shared(const Napi::CallbackInfo& info, const SharedGroup& group) {
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("bytes", static_cast<double>(group->bytesShared()));
  result.Set("times", static_cast<double>(group->shares()));
  return result;
}

}  // namespace

Napi::Value openCudaGroup(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, "cards", [&]() -> Napi::Value {
    const auto numbers = info[0].As<Napi::Array>();
    const std::int64_t limit = memoryLimit(info[1]);
    cuda::Range::open(names(info[3]));
    std::vector<std::shared_ptr<cuda::Context>> cards;
    for (std::uint32_t c = 0; c < numbers.Length(); ++c) {
      const int card = static_cast<int>(wholeNumber(numbers.Get(c), "number of a card", mostCards));
      cards.push_back(std::make_shared<cuda::Context>(card, limit, names(info[2])));
    }
    const SharedGroup group = std::make_shared<cuda::Group>(cards, names(info[4]));
    Napi::Object result = Napi::Object::New(env);
    Napi::Array devices = Napi::Array::New(env);
    for (const auto& card : cards) devices.Set(devices.Length(), cudaDevice(env, card));
    const auto add = [&](const char* name, auto body) {
      const auto run = [body, name, group](const Napi::CallbackInfo& call) { return guarded(call.Env(), name, [&] { return body(call, group); }); };
      result.Set(name, Napi::Function::New(env, run, name));
    };
    result.Set("devices", devices);
    result.Set("transport", group->transport());
    add("share", share);
    add("shared", shared);
    add("record", [](const Napi::CallbackInfo& call, const SharedGroup& of) { return record(call, of); });
    return result;
  });
}

}  // namespace amr
#endif
