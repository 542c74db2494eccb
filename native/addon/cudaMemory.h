#pragma once
#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "kernels/kernels.h"

namespace amr {

/** Device memory from the pool; goes back when it is released, or when nothing refers to it any more. */
struct CudaBlock : std::enable_shared_from_this<CudaBlock> {
  CudaBlock(std::shared_ptr<cuda::Context> context, std::int64_t length, bool isInt);
  ~CudaBlock();
  void giveBack();
  /** Whatever was known of the integers no longer holds. While work is recorded, nor will it each time that runs. */
  void touch();
  /** Blocks that recorded work writes; null where none is recorded. */
  static std::vector<std::weak_ptr<CudaBlock>>* recorded;

  std::shared_ptr<cuda::Context> context;
  void* memory = nullptr;
  std::int64_t length;
  bool isInt;
  /** Counts the writes; what was found at one version says nothing about the next. */
  std::int64_t version = 0;
  /** Bounds on the integers of the whole block, from the host's values or the kernel that made them. */
  std::optional<cuda::IntFacts> bounds;
  /** Whether the bounds are reached, and first and last are right: known when the host wrote all of it. */
  bool isExact = false;
  /** The integers themselves, where the host wrote all of them and they are not more than `mostKept`; else empty. */
  std::vector<std::int32_t> values;
  static constexpr std::int64_t mostKept = std::int64_t{1} << 20;
  /** The integers are segments' ids from sortIds: they ascend, save that those of empty segments repeat the last one. */
  bool ascendsByRuns = false;
};

/** What a handle in JavaScript stands for: all of a block, or a part. */
struct CudaArray {
  std::shared_ptr<CudaBlock> block;
  std::int64_t start, length;

  char* data() const { return static_cast<char*>(block->memory) + start * 4; }
  bool isWhole() const { return start == 0 && length == block->length; }
  /** Facts of the (not empty) part itself; asks the device where they are not known, and remembers the answer. */
  const cuda::IntFacts& facts();

  std::optional<cuda::IntFacts> found;
  std::int64_t foundAt = -1;
  /** The offsets (and versions of both) whose rows were last seen to ascend in these indices. */
  const void* ascendOffsets = nullptr;
  std::int64_t ascendOffsetsVersion = -1, ascendVersion = -1;
};

/** The error of the driver or the card as JavaScript's, with `code` AMR_CUDA and a `hint`. */
Napi::Error cudaError(Napi::Env env, const cuda::CudaError& error);

/** The facts of host integers, n > 0. */
cuda::IntFacts hostFacts(const std::int32_t* values, std::int64_t n);

/** A handle for JavaScript; its finaliser drops the reference. */
Napi::Object wrapCudaArray(Napi::Env env, CudaArray array);

/** What the value stands for, or null when it is no handle. */
CudaArray* unwrapCudaArray(napi_env env, napi_value value);

}  // namespace amr
