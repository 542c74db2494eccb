#pragma once
#include <napi.h>

#include "addon/cudaMemory.h"
#include "runtime/group.h"

namespace amr {

/**
 * record(body) -> { run(), release() }: body's launches are noted and not run; `run` launches all of them. An error with `code`
 * AMR_UNRECORDABLE where body needs the host.
 */
Napi::Value record(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);
/** The same on all cards of a group. */
Napi::Value record(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Group>& group);

/** sliceIds(outs, tables, clock): see cuda::SliceIds; the outs are whole arrays of one length, the tables of another. */
Napi::Value sliceIds(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

/** noteLoss(losses, loss, clocks): see cuda::NoteLoss. */
Napi::Value noteLoss(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

/** adamTables(clock, tables, settings): tables are parameter, m, v, gradient one after the other, settings five numbers a table. */
Napi::Value adamTables(const Napi::CallbackInfo& info, const std::shared_ptr<cuda::Context>& context);

}  // namespace amr
