#pragma once
#include <napi.h>

#include "addon/cudaMemory.h"

namespace amr {

/**
 * sortIds([ids, places, order, segmentOffsets, segmentIds, distinct], parts, adds, perRow): see cuda::SortedIds; the first five are
 * whole arrays of the parts' ids together, offsets one longer. Nothing comes to the host: what later calls need to know of the results is
 * promised.
 */
Napi::Value sortIds(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

/** gatherIds(out, table, ids, width): out[ids.length, width] = the rows `ids` of the table. */
Napi::Value gatherIds(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

/** shuffledIds(out, key0, key1): out = 0..out.length - 1 in the order that a stream of this key shuffles them. */
Napi::Value shuffledIds(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

}  // namespace amr
