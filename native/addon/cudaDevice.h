#pragma once
#include <napi.h>

namespace amr {

/**
 * openCuda(limitBytes | undefined, blasLibraries, rangeLibraries, card | undefined) -> { description, kernels, allocate(length, isInt, zeroed), view(handle, start, end),
 * release(handle), write(handle, values), read(handle, target), sortIds(...), gatherIds(...) (cudaIds.h), startTimer(),
 * stopTimer() -> seconds, usage() }. Opens that card, or the first; memory and functions keep it
 * open. Errors of the driver and the card have `code` AMR_CUDA and a `hint`.
 */
Napi::Value openCuda(const Napi::CallbackInfo& info);

}  // namespace amr
