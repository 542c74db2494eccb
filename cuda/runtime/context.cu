#include "runtime/context.h"

#include <cstring>

#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr std::int64_t stagingBytes = std::int64_t{4} << 20;
constexpr std::int64_t leastCounters = 1 << 14;
constexpr int oldestCapability = 80;

std::string release(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

std::string gigabytes(std::size_t bytes) {
  const std::size_t tenths = bytes / (std::size_t{1} << 30) * 10 + bytes % (std::size_t{1} << 30) * 10 / (std::size_t{1} << 30);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

/** Four size classes per power of two: at most a quarter is lost to rounding. */
std::int64_t sizeClass(std::int64_t bytes) {
  std::int64_t step = 64;
  while (step * 8 < bytes) step *= 2;
  return bytes <= 256 ? 256 : (bytes + step - 1) / step * step;
}

/** The driver's CUDA release, or a sentence about the driver that is missing or too old. */
int driverVersion() {
  int driver = 0, runtime = 0;
  const cudaError_t code = cudaDriverGetVersion(&driver);
  AMR_CUDA(cudaRuntimeGetVersion(&runtime));
  if (code == cudaSuccess && driver > 0 && driver / 1000 >= runtime / 1000) return driver;
  cudaGetLastError();
  const bool isMissing = code == cudaSuccess ? driver == 0 : code == cudaErrorInsufficientDriver;
  if (!isMissing && code != cudaSuccess) failed(code, "cudaDriverGetVersion", __FILE__, __LINE__);
  throw CudaError{"device cuda", isMissing ? "no NVIDIA driver" : "an NVIDIA driver for CUDA " + release(driver),
                  "a driver for CUDA " + release(runtime / 1000 * 1000) + " or newer",
                  isMissing ? "install the NVIDIA driver, or use --device cpu" : "update the NVIDIA driver, or use --device cpu"};
}

/** Ten times the compute capability that this code was compiled for; 0 where it runs on the host. */
__global__ void compiledFor(std::int32_t* out) {
#if defined(__CUDA_ARCH__)
  *out = __CUDA_ARCH__ / 10;
#else
  *out = 0;
#endif
}

}  // namespace

Context::Context(int card, std::int64_t limitBytes, const std::vector<std::string>& blasLibraries) : card_(card), limitBytes_(limitBytes) {
  try {
    open(blasLibraries);
  } catch (...) {
    close();
    cudaGetLastError();  // told already; a later launch must not find it
    throw;
  }
}

Context::~Context() {
  dropRecording();
  // Errors no longer matter here, and a lost device answers every call with one.
  activateForClosing();
  if (stream_ != nullptr) cudaStreamSynchronize(stream_);
  close();
}

/** The runtime's calls go to the card that was set last, for each thread. */
void Context::activate() const {
  if (!isActive()) AMR_CUDA(cudaSetDevice(card_));
}

/** Asked each time: NCCL and the runtimes of encoders, in the same process, set it too. */
bool Context::isActive() const {
  int current = 0;
  return cudaGetDevice(&current) == cudaSuccess && current == card_;
}

void Context::open(const std::vector<std::string>& blasLibraries) {
  const int driver = driverVersion();
  int count = 0;
  AMR_CUDA(cudaGetDeviceCount(&count));
  if (count == 0) failed(cudaErrorNoDevice, "cudaGetDeviceCount", __FILE__, __LINE__);
  if (card_ >= count) {
    throw CudaError{"device cuda:" + std::to_string(card_),
                    count == 1 ? "a machine with card 0 alone" : "a machine with the cards 0 to " + std::to_string(count - 1),
                    "the number of a card that is there", "nvidia-smi lists them; CUDA_VISIBLE_DEVICES hides some"};
  }
  cudaDeviceProp properties{};
  AMR_CUDA(cudaGetDeviceProperties(&properties, card_));
  const std::string capability = std::to_string(properties.major) + "." + std::to_string(properties.minor);
  if (properties.major * 10 + properties.minor < oldestCapability) {
    throw CudaError{"device cuda", std::string(properties.name) + " of compute capability " + capability,
                    "compute capability 8.0 or newer (A100, RTX 30 and later)",
                    "choose another card with CUDA_VISIBLE_DEVICES, or use --device cpu"};
  }
  AMR_CUDA(cudaSetDevice(card_));  // also where it is the current one: a device that does not answer is found out here
  AMR_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  void* staging = nullptr;
  AMR_CUDA(cudaHostAlloc(&staging, static_cast<std::size_t>(stagingBytes), cudaHostAllocDefault));
  staging_ = static_cast<char*>(staging);
  processors_ = properties.multiProcessorCount;
  const int whole = properties.major * 10 + properties.minor;
  description_ = std::string(properties.name) + ", sm_" + std::to_string(whole) + ", code " + loadedCode(whole) + ", " +
                 gigabytes(properties.totalGlobalMem) + ", driver for CUDA " + release(driver);
  std::string reason;
  if (!blasLibraries.empty()) blas_ = Blas::open(blasLibraries, stream_, reason);
  description_ += ", products by " + (blas_ != nullptr ? "cuBLAS " + blas_->version() : "own tiles");
  if (!reason.empty()) description_ += " because " + reason;
}

/** As activate, where errors no longer matter. */
void Context::activateForClosing() const {
  if (!isActive()) cudaSetDevice(card_);
}

/** Runs a kernel, so that a card for which the build has no code is refused here, and says which code it is. */
std::string Context::loadedCode(int capability) {
  std::int32_t compiled = 0;
  {
    const Scratch<std::int32_t> out(*this, 1);
    AMR_LAUNCH(*this, compiledFor, 1, 1, out.data());
    copyToHost(&compiled, out.data(), sizeof compiled);
  }
  trim();
  usage_ = Usage{};
  if (compiled == 0) return "of the host";
  // Machine code runs on the later cards of its own generation, PTX on all later ones.
  const bool isMachineCode = compiled / 10 == capability / 10;
  return isMachineCode ? "sm_" + std::to_string(compiled) : "compute_" + std::to_string(compiled) + " (PTX)";
}

void Context::close() {
  activateForClosing();
  blas_.reset();
  if (started_ != nullptr) cudaEventDestroy(started_);
  if (stopped_ != nullptr) cudaEventDestroy(stopped_);
  started_ = stopped_ = nullptr;
  trim();
  for (void* memory : counters_) cudaFree(memory);
  counters_.clear();
  counterCount_ = 0;
  if (staging_ != nullptr) cudaFreeHost(staging_);
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
  staging_ = nullptr;
  stream_ = nullptr;
}

void Context::trim() {
  if (free_.empty()) return;
  refuseWhileRecording("memory for which the pool must be emptied");
  activateForClosing();
  cudaStreamSynchronize(stream_);  // its error, if there is one, is the next call's too
  for (auto& [bytes, blocks] : free_) {
    for (void* block : blocks) {
      cudaFree(block);
      usage_.pooledBytes -= bytes;
    }
  }
  free_.clear();
}

std::string Context::memorySentence(std::int64_t bytes) const {
  return "no room for " + std::to_string(bytes) + " bytes beside " + std::to_string(usage_.usedBytes) + " in use";
}

/** A block of the pool, or null. */
void* Context::takeFrom(Pool& pool, std::int64_t whole) {
  const auto kept = pool.find(whole);
  if (kept == pool.end() || kept->second.empty()) return nullptr;
  void* memory = kept->second.back();
  kept->second.pop_back();
  usage_.pooledBytes -= whole;
  return memory;
}

void* Context::take(std::int64_t bytes) {
  const std::int64_t whole = sizeClass(bytes);
  void* memory = isRecording_ ? takeFrom(recordedFree_, whole) : nullptr;
  if (memory == nullptr) memory = takeFrom(free_, whole);
  if (memory == nullptr) {
    const auto exceeds = [&] { return limitBytes_ > 0 && usage_.usedBytes + usage_.pooledBytes + whole > limitBytes_; };
    if (exceeds()) trim();
    if (exceeds()) {
      throw CudaError{"device memory", memorySentence(bytes), "at most " + std::to_string(limitBytes_) + " bytes, the limit set",
                      "raise the limit, or use a smaller batch or width"};
    }
    activate();
    cudaError_t code = cudaMalloc(&memory, static_cast<std::size_t>(whole));
    if (code == cudaErrorMemoryAllocation) {
      // Other sizes may lie unused in the pool.
      cudaGetLastError();
      trim();
      code = cudaMalloc(&memory, static_cast<std::size_t>(whole));
    }
    if (code == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      throw CudaError{"device memory", memorySentence(bytes) + " on " + description_, "that many bytes of free memory on the card",
                      "use a smaller batch or width, or end other programs that use the card"};
    }
    AMR_CUDA(code);
  }
  if (isRecording_) recordedTaken_.insert(memory);
  usage_.usedBytes += whole;
  if (usage_.usedBytes + usage_.pooledBytes > usage_.peakBytes) usage_.peakBytes = usage_.usedBytes + usage_.pooledBytes;
  return memory;
}

void Context::give(void* memory, std::int64_t bytes) {
  const std::int64_t whole = sizeClass(bytes);
  usage_.usedBytes -= whole;
  usage_.pooledBytes += whole;
  if (!isRecording_) return free_[whole].push_back(memory);
  recordedTaken_.erase(memory);
  recordedFree_[whole].push_back(memory);
}

void Context::zero(void* memory, std::int64_t bytes) {
  if (bytes > 0) AMR_CUDA(cudaMemsetAsync(memory, 0, static_cast<std::size_t>(bytes), stream()));
}

std::int32_t* Context::counters(std::int64_t n) {
  if (n > counterCount_) {
    refuseWhileRecording("counters for the first time");
    const std::int64_t count = n < leastCounters ? leastCounters : 2 * n, bytes = count * 4;
    void* memory = nullptr;
    activate();
    AMR_CUDA(cudaMalloc(&memory, static_cast<std::size_t>(bytes)));
    counters_.push_back(memory);
    zero(memory, bytes);
    counterCount_ = count;
  }
  return counters_.empty() ? nullptr : static_cast<std::int32_t*>(counters_.back());
}

void Context::copyToDevice(void* to, const void* from, std::int64_t bytes) {
  if (bytes > 0) refuseWhileRecording("values from the host");
  // A ring without events: each copy takes the next piece, and the start is used again once the stream has caught up.
  activate();
  for (std::int64_t done = 0; done < bytes;) {
    const std::int64_t left = bytes - done;
    if (staged_ == stagingBytes || (left <= stagingBytes && staged_ + left > stagingBytes)) {
      synchronise();
    }
    const std::int64_t piece = left < stagingBytes - staged_ ? left : stagingBytes - staged_;
    std::memcpy(staging_ + staged_, static_cast<const char*>(from) + done, static_cast<std::size_t>(piece));
    AMR_CUDA(cudaMemcpyAsync(static_cast<char*>(to) + done, staging_ + staged_, static_cast<std::size_t>(piece),
                             cudaMemcpyHostToDevice, stream_));
    staged_ += (piece + 63) / 64 * 64;
    if (staged_ > stagingBytes) staged_ = stagingBytes;
    done += piece;
    usage_.bytesToDevice += piece;
    ++usage_.copiesToDevice;
  }
}

void Context::copyToHost(void* to, const void* from, std::int64_t bytes) {
  if (bytes > 0) refuseWhileRecording("values for the host");
  if (staged_ > 0) synchronise();  // the staging buffer is then free as a whole
  activate();
  for (std::int64_t done = 0; done < bytes;) {
    const std::int64_t piece = bytes - done < stagingBytes ? bytes - done : stagingBytes;
    AMR_CUDA(cudaMemcpyAsync(staging_, static_cast<const char*>(from) + done, static_cast<std::size_t>(piece),
                             cudaMemcpyDeviceToHost, stream_));
    synchronise();
    std::memcpy(static_cast<char*>(to) + done, staging_, static_cast<std::size_t>(piece));
    done += piece;
    usage_.bytesToHost += piece;
    ++usage_.copiesToHost;
  }
}

void Context::setPrecision(Precision precision) {
  if (precision != Precision::fp32 && blas_ == nullptr) {
    throw CudaError{"precision", precision == Precision::tf32 ? "tf32 without cuBLAS" : "bf16 without cuBLAS",
                    "cuBLAS, which alone multiplies in it here", "install the cuBLAS of the driver's CUDA release, or use --precision fp32"};
  }
  precision_ = precision;
}

void Context::startTimer() {
  activate();
  if (started_ == nullptr) AMR_CUDA(cudaEventCreate(&started_));
  if (stopped_ == nullptr) AMR_CUDA(cudaEventCreate(&stopped_));
  AMR_CUDA(cudaEventRecord(started_, stream()));
}

double Context::stopTimer() {
  if (started_ == nullptr) throw CudaError{"timer", "a stop", "a start before it", "start the timer first"};
  AMR_CUDA(cudaEventRecord(stopped_, stream()));
  AMR_CUDA(cudaEventSynchronize(stopped_));
  float milliseconds = 0;
  AMR_CUDA(cudaEventElapsedTime(&milliseconds, started_, stopped_));
  return static_cast<double>(milliseconds) / 1000.0;
}

void Context::synchronise() {
  refuseWhileRecording("a wait for the card");
  activate();
  AMR_CUDA(cudaStreamSynchronize(stream_));
  staged_ = 0;
}

}  // namespace amr::cuda
