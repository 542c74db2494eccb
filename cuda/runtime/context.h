#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/blas.h"
#include "runtime/error.h"

namespace amr::cuda {

/** Bytes handed out, bytes kept for later and the highest sum; and what crossed the bus. */
struct Usage {
  std::int64_t usedBytes, pooledBytes, peakBytes;
  std::int64_t bytesToDevice, bytesToHost, copiesToDevice, copiesToHost;
};

/** Columns whose sum is made at once: the cards of a group have the columns of a table in such blocks, in turn. */
constexpr int columnsOfBlock = 16;

/**
 * How calls run on a card that holds some of the columns. Those that sum over columns: first each card leaves the sums of its own blocks in
 * `blocks` (then these are handed round), then it does the rest of the call with the blocks of all cards. See columnBlocks.cuh. Products
 * (`columns`): as one whose result has as many columns as all cards' together, of which these are some.
 */
struct ColumnShare {
  enum class Phase { alone, blocks, rest, columns } phase = Phase::alone;
  double* blocks = nullptr;
  std::int64_t count = 0;
  int cards = 1, card = 0;
};

/** Why work cannot be recorded: what it did that needs the host. */
struct Unrecordable {
  std::string what;
};

class Context;

/**
 * Launches that were noted once (a CUDA graph) and can be made again as one. The memory that they take for themselves is theirs until
 * this ends. Not longer than its context.
 */
class Recorded {
 public:
  ~Recorded();
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  /** Launches all of it; nothing is waited for. */
  void run();

 private:
  friend class Context;
  friend class Group;
  explicit Recorded(Context& context) : context_(context) {}

  Context& context_;
  cudaGraphExec_t exec_ = nullptr;
  std::map<std::int64_t, std::vector<void*>> memory_;
};

/**
 * One open device: its stream, its memory and its staging buffer. Everything runs in the order of the one stream, so memory
 * given back may be handed out again at once: what the last owner launched on it ends before the next owner's work begins.
 * For one thread (Node's). Whatever the constructor took is given back when it throws.
 */
class Context {
 public:
  /**
   * Opens a card by its number and runs a first kernel on it. `limitBytes`: the most device memory to hold, 0 for no limit but the
   * card's. `blasLibraries`: where cuBLAS may be; the first that starts is taken.
   */
  Context(int card, std::int64_t limitBytes, const std::vector<std::string>& blasLibraries);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /** Name, compute capability, the code loaded, memory, driver and what multiplies dense matrices, in one line. */
  const std::string& description() const { return description_; }
  /** The card's stream; the runtime's next calls are this card's. */
  cudaStream_t stream() const {
    activate();
    return stream_;
  }
  int card() const { return card_; }
  int processors() const { return processors_; }
  /** cuBLAS, or null where products are by our own kernel. Its working memory is outside the limit. */
  const Blas* blas() const {
    activate();
    return blas_.get();
  }
  /** Of the products that `gemm` launches; fp32 until it is set. */
  Precision precision() const { return precision_; }
  /** CudaError for another than fp32 where there is no cuBLAS. */
  void setPrecision(Precision precision);
  /** Of the calls from now on. */
  const ColumnShare& share() const { return share_; }
  void setShare(const ColumnShare& share) { share_ = share; }

  /** At least `bytes` of memory, 256-byte aligned on a card, of any content. CudaError when there is none. */
  void* take(std::int64_t bytes);
  /** Gives back what `take` returned for as many bytes. */
  void give(void* memory, std::int64_t bytes);
  void zero(void* memory, std::int64_t bytes);
  /** Gives what was given back and not taken again to the card, once what was launched on it has ended. Unrecordable. */
  void trim();
  /** n zeros for kernels that count in them and leave zeros; nobody else's until the next call, and there as long as the context is. */
  std::int32_t* counters(std::int64_t n);

  /** Copies through pinned memory; `from` may change as soon as this returns. */
  void copyToDevice(void* to, const void* from, std::int64_t bytes);
  /** Waits for everything launched before, then copies. */
  void copyToHost(void* to, const void* from, std::int64_t bytes);
  void synchronise();

  /**
   * From here to endRecording launches are noted and not run, and what is given back stays with the recording. Whatever waits for the
   * card or copies to or from the host is Unrecordable; then, and after any other error, dropRecording must follow.
   */
  void beginRecording();
  /** Unrecordable when memory taken since the beginning is still in use. */
  std::unique_ptr<Recorded> endRecording();
  /** Forgets what was noted; does nothing where nothing is recorded. */
  void dropRecording();

  /** The card's own clock around what is launched between the two calls; stopTimer waits for it and returns seconds. */
  void startTimer();
  double stopTimer();

  const Usage& usage() const { return usage_; }

 private:
  friend class Recorded;
  friend class Group;
  using Pool = std::map<std::int64_t, std::vector<void*>>;

  void open(const std::vector<std::string>& blasLibraries);
  void activate() const;
  void activateForClosing() const;
  bool isActive() const;
  std::unique_ptr<Recorded> takeRecorded();
  void forgetRecorded();
  std::string loadedCode(int capability);
  void close();
  std::string memorySentence(std::int64_t bytes) const;
  void refuseWhileRecording(const char* what) const;
  void* takeFrom(Pool& pool, std::int64_t whole);

  int card_;
  std::int64_t limitBytes_;
  ColumnShare share_;
  Precision precision_ = Precision::fp32;
  std::string description_;
  int processors_ = 0;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Blas> blas_;
  cudaEvent_t started_ = nullptr, stopped_ = nullptr;
  char* staging_ = nullptr;
  std::int64_t staged_ = 0;
  Pool free_;
  /** the newest last; older ones may be in recordings */
  std::vector<void*> counters_;
  std::int64_t counterCount_ = 0;
  bool isRecording_ = false;
  /** given back while recording; taken while recording and not given back yet */
  Pool recordedFree_;
  std::unordered_set<void*> recordedTaken_;
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
