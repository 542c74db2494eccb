#pragma once
#include "runtime/context.h"

namespace amr::cuda {

/** An id in the upper half and a position in the lower: sorted by id, then by position; no two are equal. */
using IdKey = unsigned long long;

/**
 * Sorts the keys of n > 0 ids: positions [0, firstCount) have the ids `first`, those from there on `second`. Returns which of the
 * two buffers of n keys holds them. The same result every time: nothing depends on which thread comes first.
 */
IdKey* sortByIds(IdKey* one, IdKey* two, const std::int32_t* first, const std::int32_t* second, std::int64_t firstCount, std::int64_t n,
                 Context& context);

}  // namespace amr::cuda
