#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/blas.h"
#include "runtime/error.h"

namespace amr::cuda {

/** Bytes handed out, bytes kept for later and the highest sum; and what crossed the bus. */
struct Usage {
  std::int64_t usedBytes, pooledBytes, peakBytes;
  std::int64_t bytesToDevice, bytesToHost, copiesToDevice, copiesToHost;
};

/**
 * One open device: its stream, its memory and its staging buffer. Everything runs in the order of the one stream, so memory
 * given back may be handed out again at once: what the last owner launched on it ends before the next owner's work begins.
 * For one thread (Node's). Whatever the constructor took is given back when it throws.
 */
class Context {
 public:
  /**
   * Opens the first device and runs a first kernel on it. `limitBytes`: the most device memory to hold, 0 for no limit but the
   * card's. `blasLibraries`: where cuBLAS may be; the first that starts is taken. `usesTensorCores`: own products on tensor cores (tensorTile.cuh).
   */
  Context(std::int64_t limitBytes, const std::vector<std::string>& blasLibraries, bool usesTensorCores);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /** Name, compute capability, the code loaded, memory, driver and what multiplies dense matrices, in one line. */
  const std::string& description() const { return description_; }
  cudaStream_t stream() const { return stream_; }
  int processors() const { return processors_; }
  bool usesTensorCores() const { return usesTensorCores_; }
  /** cuBLAS, or null where products are by our own kernel. Its own working memory is outside the limit. */
  const Blas* blas() const { return blas_.get(); }

  /** At least `bytes` of memory, 256-byte aligned on a card, of any content. CudaError when there is none. */
  void* take(std::int64_t bytes);
  /** Gives back what `take` returned for as many bytes. */
  void give(void* memory, std::int64_t bytes);
  void zero(void* memory, std::int64_t bytes);

  /** Copies through pinned memory; `from` may change as soon as this returns. */
  void copyToDevice(void* to, const void* from, std::int64_t bytes);
  /** Waits for everything launched before, then copies. */
  void copyToHost(void* to, const void* from, std::int64_t bytes);
  void synchronise();

  /** The card's own clock around what is launched between the two calls; stopTimer waits for it and returns seconds. */
  void startTimer();
  double stopTimer();

  const Usage& usage() const { return usage_; }

 private:
  void open(const std::vector<std::string>& blasLibraries);
  std::string loadedCode(int capability);
  void close();
  void trim();
  std::string memorySentence(std::int64_t bytes) const;

  std::int64_t limitBytes_;
  bool usesTensorCores_;
  std::string description_;
  int processors_ = 0;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Blas> blas_;
  cudaEvent_t started_ = nullptr, stopped_ = nullptr;
  char* staging_ = nullptr;
  std::int64_t staged_ = 0;
  std::map<std::int64_t, std::vector<void*>> free_;
  Usage usage_{};
};

/** Memory for the length of one kernel call. */
template <class T>
class Scratch {
 public:
  Scratch(Context& context, std::int64_t count)
      : context_(context), bytes_(count * static_cast<std::int64_t>(sizeof(T))), data_(static_cast<T*>(context.take(bytes_))) {}
  ~Scratch() { context_.give(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() const { return data_; }

 private:
  Context& context_;
  std::int64_t bytes_;
  T* data_;
};

}  // namespace amr::cuda
