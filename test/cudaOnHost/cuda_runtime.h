#pragma once
/**
 * CUDA C++ on the host, for tests: this header stands in for the toolkit's own, so that g++ compiles the very files of cuda/. Every
 * CUDA thread is a fiber. What that shows and what not: cuda/README.md#what-no-card-has-confirmed.
 */
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

// -- language ----------------------------------------------------------------------------------------------------------
#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
// One block runs at a time, so one copy of its shared variables is enough; as on a card they start undefined.
#define __shared__ static

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }

struct CudaOnHostStream;

namespace cudaOnHost {

/** Where the running fiber is. */
struct Place {
  uint3 thread, block;
  dim3 blockSize, gridSize;
  unsigned linear;
};
extern Place place;

enum class Collective : std::uint8_t { shuffle, ballot, synchronise };
/** Waits until every living lane of `mask` is here; returns the value of lane `source`, or the ballot. */
std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source);
void blockBarrier();
/** For a thread that waits for something that others do: it goes on after they had their turn. */
void letOthersRun();
/** Ends the program with what a kernel did that no card would stand, and where. */
[[noreturn]] void stop(const char* what);
unsigned livingLanes();

/** Runs the grid at once, or notes it where the stream is captured; a failed launch leaves its error for cudaGetLastError, as on a card. */
void launch(const char* kernel, dim3 grid, dim3 block, CudaOnHostStream* stream, std::function<void()> body);

/** As on a card the arguments are copied at the launch, whenever the grid then runs. */
template <class... Parameters, class... Given>
void launchKernel(const char* name, dim3 grid, dim3 block, CudaOnHostStream* stream, void (*kernel)(Parameters...), const Given&... given) {
  launch(name, grid, block, stream, [kernel, arguments = std::tuple<Parameters...>(given...)] { std::apply(kernel, arguments); });
}

template <class T>
std::uint64_t toBits(T value) {
  static_assert(sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
T fromBits(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/** For tests of errors: the `nth` next call of the runtime function `name` answers `code` and does nothing. */
void failNext(const char* name, int nth, int code);
/** Threads of a block start in ascending order, or in descending order. */
void setReverseOrder(bool reverse);
bool isReverseOrder();
/** Counted since the last reset. */
struct Counters {
  std::uint64_t launches, bytesToDevice, bytesToHost, copiesToDevice, copiesToHost, allocations, frees, synchronisations;
  /** pinned arrays, streams, events and graphs that exist */
  std::uint64_t pinned, streams, events, graphs;
  /** launches of whole graphs; `launches` counts the kernels in them too */
  std::uint64_t graphLaunches;
  /** shuffles, ballots and waits of a lane for its warp: what searches do besides their products */
  std::uint64_t collectives;
  /** what cards copied from each other, in how many copies, and how often that was not waited for as it must be */
  std::uint64_t bytesBetweenCards, copiesBetweenCards, racesBetweenCards;
};
extern Counters counters;
/** Launches since the start, by kernel. */
extern std::map<std::string, std::uint64_t> launchesOf;

}  // namespace cudaOnHost

#define threadIdx (cudaOnHost::place.thread)
#define blockIdx (cudaOnHost::place.block)
#define blockDim (cudaOnHost::place.blockSize)
#define gridDim (cudaOnHost::place.gridSize)
constexpr int warpSize = 32;

inline void __syncthreads() { cudaOnHost::blockBarrier(); }
inline void __syncwarp(unsigned mask = ~0u) { cudaOnHost::collective(cudaOnHost::Collective::synchronise, mask, 0, 0); }
inline unsigned __activemask() { return cudaOnHost::livingLanes(); }

namespace cudaOnHost {
inline unsigned lane() { return place.linear & 31u; }
template <class T>
T shuffle(unsigned mask, T value, unsigned source) {
  return fromBits<T>(collective(Collective::shuffle, mask, toBits(value), source));
}
}  // namespace cudaOnHost

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const unsigned w = static_cast<unsigned>(width);
  return cudaOnHost::shuffle(mask, value, (cudaOnHost::lane() & ~(w - 1)) | (static_cast<unsigned>(source) & (w - 1)));
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32) {
  const unsigned own = cudaOnHost::lane(), other = own ^ static_cast<unsigned>(flip), w = static_cast<unsigned>(width);
  return cudaOnHost::shuffle(mask, value, other / w > own / w ? own : other);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const unsigned own = cudaOnHost::lane(), w = static_cast<unsigned>(width);
  return cudaOnHost::shuffle(mask, value, (own & (w - 1)) + delta < w ? own + delta : own);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const unsigned own = cudaOnHost::lane(), w = static_cast<unsigned>(width);
  return cudaOnHost::shuffle(mask, value, (own & (w - 1)) >= delta ? own - delta : own);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return static_cast<unsigned>(cudaOnHost::collective(cudaOnHost::Collective::ballot, mask, predicate != 0, 0));
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate == 0) == 0; }

// Fibers of one thread never interleave inside these, so plain reads and writes are atomic enough.
template <class T>
T atomicAdd(T* address, T value) {
  const T old = *address;
  *address = static_cast<T>(old + value);
  return old;
}
template <class T>
T atomicMax(T* address, T value) {
  const T old = *address;
  if (old < value) *address = value;
  return old;
}
template <class T>
T atomicMin(T* address, T value) {
  const T old = *address;
  if (value < old) *address = value;
  return old;
}
template <class T>
T __ldg(const T* address) {
  return *address;
}
template <class T>
T __ldcg(const T* address) {
  return *address;
}
template <class T>
void __stwb(T* address, T value) {
  *address = value;
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((std::uint64_t{a} * b) >> 32); }
inline int __float_as_int(float x) { return cudaOnHost::fromBits<int>(cudaOnHost::toBits(x)); }
inline float __int_as_float(int x) { return cudaOnHost::fromBits<float>(cudaOnHost::toBits(x)); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline void __threadfence() {}

// -- the part of the runtime library that the device layer calls ---------------------------------------------------------
using cudaError_t = int;
using cudaStream_t = struct CudaOnHostStream*;
using cudaEvent_t = struct CudaOnHostEvent*;
enum : int {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorIllegalAddress = 700,
  cudaErrorPeerAccessAlreadyEnabled = 704,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
  cudaErrorStreamCaptureUnjoined = 904,
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal, cudaStreamCaptureModeRelaxed };
using cudaGraph_t = struct CudaOnHostGraph*;
using cudaGraphExec_t = struct CudaOnHostGraphExec*;
enum cudaMemcpyKind { cudaMemcpyHostToHost, cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice, cudaMemcpyDefault };
enum { cudaStreamNonBlocking = 1, cudaHostAllocDefault = 0, cudaEventDisableTiming = 2 };
struct cudaDeviceProp {
  char name[256];
  std::size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
const char* cudaGetErrorString(cudaError_t error);
const char* cudaGetErrorName(cudaError_t error);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMalloc(void** address, std::size_t bytes);
cudaError_t cudaFree(void* address);
cudaError_t cudaHostAlloc(void** address, std::size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* address);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* address, int value, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaDeviceCanAccessPeer(int* can, int card, int other);
cudaError_t cudaDeviceEnablePeerAccess(int other, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
