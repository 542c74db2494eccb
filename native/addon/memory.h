#pragma once
#include <napi.h>

namespace amr {

/**
 * prepareMemory(arrayBuffer, threads, pinned) -> bytes from its start to the first address that is a multiple of 64, where a device's pool
 * starts its arrays: a row of 64 floats then is four cache lines, not five. Large buffers are also asked to be backed by
 * huge pages, which propagation over scattered rows needs to keep its addresses translated, and touched for the first time by the
 * threads that will work on them: a page lies in the memory of the node (NUMA) whose processor touched it first.
 *
 * The buffer must be new: zeros are written into it.
 */
Napi::Value prepareMemory(const Napi::CallbackInfo& info);

}  // namespace amr
