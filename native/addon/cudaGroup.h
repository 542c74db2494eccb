#pragma once
#include <napi.h>

namespace amr {

/**
 * openCudaGroup(cards, limitBytes | undefined, blasLibraries, rangeLibraries, ncclLibraries) -> { devices: one as of openCuda for each card,
 * transport, share(arrays, bounds), record(body), shared() -> { bytes, times } }. `share`: card c's elements [bounds[c], bounds[c + 1]) of
 * its array go to the same place of the others'. `record` as a card's own, on all at once.
 */
Napi::Value openCudaGroup(const Napi::CallbackInfo& info);

}  // namespace amr
