#if defined(AMR_HAS_CUDA)
#include "addon/cudaIds.h"

#include <limits>

#include "addon/callArguments.h"

namespace amr {
namespace {

using SharedContext = std::shared_ptr<cuda::Context>;
using Limits = std::numeric_limits<std::int64_t>;

std::int32_t* idsOf(const CudaArray& array) { return reinterpret_cast<std::int32_t*>(array.data()); }

CudaArray& idArray(const Napi::Env& env, const Napi::Value& value, const char* what, const SharedContext& context) {
  CudaArray* array = unwrapCudaArray(env, value);
  if (array == nullptr || !array->block->isInt) throw CallError{what, "something else", "device memory of int32"};
  if (array->block->memory == nullptr) throw CallError{what, "memory that was released before", "memory in use"};
  if (array->block->context != context) throw CallError{what, "memory of another device", "memory of this device"};
  return *array;
}

/** Memory that is written whole: nothing that was known of it holds any more. */
CudaArray& wholeArray(const Napi::Env& env, const Napi::Value& value, const char* what, std::int64_t length, const SharedContext& context) {
  CudaArray& array = idArray(env, value, what, context);
  if (!array.isWhole() || array.length != length) {
    throw CallError{what, std::to_string(array.length) + (array.isWhole() ? " elements" : " elements of a larger array"),
                    "a whole array of " + std::to_string(length) + " elements"};
  }
  array.block->touch();
  return array;
}

/** Bounds of the (not empty) array's ids: its block's, or its own from the device where those are unknown. */
const cuda::IntFacts& boundsOf(CudaArray& array) { return array.block->bounds ? *array.block->bounds : array.facts(); }

void promise(CudaArray& array, std::int64_t lowest, std::int64_t highest) {
  array.block->bounds = cuda::IntFacts{lowest, highest, 0, 0, Limits::min(), Limits::max()};
}

struct Parts {
  std::vector<cuda::IdPart> ids;
  std::int64_t count = 0, lowest = Limits::max(), highest = -1;
};

Parts readParts(const Napi::CallbackInfo& info, const SharedContext& context) {
  const auto handles = info[1].As<Napi::Array>(), adds = info[2].As<Napi::Array>();
  Parts parts;
  for (std::uint32_t i = 0; i < handles.Length(); ++i) {
    CudaArray& array = idArray(info.Env(), handles.Get(i), "sortIds", context);
    const std::int64_t add = adds.Get(i).ToNumber().Int64Value();
    parts.ids.push_back({idsOf(array), array.length, static_cast<std::int32_t>(add)});
    parts.count += array.length;
    if (array.length == 0) continue;
    const cuda::IntFacts& bounds = boundsOf(array);
    parts.lowest = std::min(parts.lowest, bounds.lowest + add);
    parts.highest = std::max(parts.highest, bounds.highest + add);
  }
  const bool isInRange = parts.count == 0 || (parts.lowest >= 0 && parts.highest <= std::numeric_limits<std::int32_t>::max());
  if (!isInRange) {
    throw CallError{"sortIds", "ids from " + std::to_string(parts.lowest) + " to " + std::to_string(parts.highest),
                    "ids from 0 to 2147483647"};
  }
  return parts;
}

}  // namespace

Napi::Value sortIds(const Napi::CallbackInfo& info, const SharedContext& context) {
  const Parts parts = readParts(info, context);
  const std::int64_t n = parts.count, perRow = info[3].ToNumber().Int64Value();
  if (perRow < 1) throw CallError{"sortIds, ids per row", std::to_string(perRow), "at least 1"};
  const auto outputs = info[0].As<Napi::Array>();
  const auto output = [&](std::uint32_t i, std::int64_t length) -> CudaArray& {
    return wholeArray(info.Env(), outputs.Get(i), "sortIds", length, context);
  };
  CudaArray &ids = output(0, n), &places = output(1, n), &order = output(2, n), &offsets = output(3, n + 1), &segments = output(4, n), &distinct = output(5, 1);
  cuda::sortIds({idsOf(ids), idsOf(places), idsOf(order), idsOf(offsets), idsOf(segments), idsOf(distinct), n, perRow}, parts.ids, parts.highest, *context);
  if (n > 0) {
    promise(ids, parts.lowest, parts.highest);
    promise(places, 0, n - 1);
    promise(order, 0, (n - 1) / perRow);
    promise(segments, parts.lowest, parts.highest);
    segments.block->ascendsByRuns = true;
  }
  offsets.block->bounds = cuda::IntFacts{0, n, 0, n, 0, n};
  offsets.block->isExact = true;
  return info.Env().Undefined();
}

Napi::Value gatherIds(const Napi::CallbackInfo& info, const SharedContext& context) {
  CudaArray& table = idArray(info.Env(), info[1], "gatherIds, table", context);
  CudaArray& ids = idArray(info.Env(), info[2], "gatherIds, ids", context);
  const std::int64_t width = info[3].ToNumber().Int64Value();
  if (width < 1 || table.length % width != 0) {
    throw CallError{"gatherIds, table", std::to_string(table.length) + " elements", "whole rows of " + std::to_string(width)};
  }
  const std::int64_t rows = table.length / width;
  if (ids.length > 0) {
    const auto isInside = [rows](const cuda::IntFacts& bounds) { return bounds.lowest >= 0 && bounds.highest < rows; };
    if (!isInside(boundsOf(ids)) && !isInside(ids.facts())) {
      throw CallError{"gatherIds, ids", "ids from " + std::to_string(ids.facts().lowest) + " to " + std::to_string(ids.facts().highest),
                      "ids from 0 to " + std::to_string(rows - 1)};
    }
  }
  CudaArray& out = wholeArray(info.Env(), info[0], "gatherIds", ids.length * width, context);
  cuda::gatherIds({idsOf(out), idsOf(table), idsOf(ids), ids.length, width}, *context);
  if (ids.length > 0) promise(out, boundsOf(table).lowest, boundsOf(table).highest);
  return info.Env().Undefined();
}

Napi::Value shuffledIds(const Napi::CallbackInfo& info, const SharedContext& context) {
  const std::int64_t n = idArray(info.Env(), info[0], "shuffledIds", context).length;
  CudaArray& out = wholeArray(info.Env(), info[0], "shuffledIds", n, context);
  cuda::shuffledIds(idsOf(out), n, info[1].ToNumber().Uint32Value(), info[2].ToNumber().Uint32Value(), *context);
  if (n > 0) promise(out, 0, n - 1);
  return info.Env().Undefined();
}

}  // namespace amr
#endif
