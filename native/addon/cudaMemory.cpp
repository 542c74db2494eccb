#if defined(AMR_HAS_CUDA)
#include "addon/cudaMemory.h"

#include <algorithm>
#include <limits>

#include "addon/callArguments.h"

namespace amr {
namespace {

constexpr napi_type_tag arrayTag = {0x3f5c1d2e7a904b68, 0x9d04e7b1c6528fa3};

}  // namespace

CudaBlock::CudaBlock(std::shared_ptr<cuda::Context> owner, std::int64_t count, bool ints)
    : context(std::move(owner)), memory(context->take(count * 4)), length(count), isInt(ints) {}

CudaBlock::~CudaBlock() { giveBack(); }

void CudaBlock::giveBack() {
  if (memory != nullptr) context->give(memory, length * 4);
  memory = nullptr;
  values = {};
}

std::vector<std::weak_ptr<CudaBlock>>* CudaBlock::recorded = nullptr;

void CudaBlock::touch() {
  if (recorded != nullptr) recorded->push_back(weak_from_this());
  ++version;
  bounds.reset();
  isExact = false;
  ascendsByRuns = false;
  values.clear();
}

const cuda::IntFacts& CudaArray::facts() {
  if (isWhole() && block->isExact) return *block->bounds;
  if (foundAt != block->version) {
    found = cuda::intFacts(reinterpret_cast<const std::int32_t*>(data()), length, *block->context);
    foundAt = block->version;
  }
  return *found;
}

cuda::IntFacts hostFacts(const std::int32_t* values, std::int64_t n) {
  using Limits = std::numeric_limits<std::int64_t>;
  cuda::IntFacts facts{values[0], values[0], values[0], values[n - 1], Limits::max(), Limits::min()};
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t value = values[i];
    facts.lowest = std::min(facts.lowest, value);
    facts.highest = std::max(facts.highest, value);
    if (i == 0) continue;
    facts.smallestStep = std::min(facts.smallestStep, value - values[i - 1]);
    facts.largestStep = std::max(facts.largestStep, value - values[i - 1]);
  }
  return facts;
}

Napi::Object wrapCudaArray(Napi::Env env, CudaArray array) {
  Napi::Object object = Napi::Object::New(env);
  auto held = std::make_unique<CudaArray>(std::move(array));
  must(env, napi_type_tag_object(env, object, &arrayTag));
  must(env, napi_wrap(env, object, held.get(), [](napi_env, void* data, void*) { delete static_cast<CudaArray*>(data); }, nullptr,
                      nullptr));
  held.release();
  return object;
}

CudaArray* unwrapCudaArray(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  must(env, napi_typeof(env, value, &type));
  if (type != napi_object) return nullptr;
  bool isOurs = false;
  must(env, napi_check_object_type_tag(env, value, &arrayTag, &isOurs));
  if (!isOurs) return nullptr;
  void* data = nullptr;
  must(env, napi_unwrap(env, value, &data));
  return static_cast<CudaArray*>(data);
}

}  // namespace amr
#endif
