// The CUDA runtime library on malloc: enough of it for the device layer. The machine has several cards. Streams are in streams.cpp.
#include <cstdlib>

#include "machine.h"

using cudaOnHost::counters;
using cudaOnHost::fault;
using cudaOnHost::perform;

/** The fault "driverVersion" with this code: no driver at all, as cudaDriverGetVersion says it on a card's machine. */
constexpr cudaError_t noDriver = -1;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle: return "cudaErrorInvalidResourceHandle";
    case cudaErrorPeerAccessAlreadyEnabled: return "cudaErrorPeerAccessAlreadyEnabled";
    case cudaErrorStreamCaptureUnjoined: return "cudaErrorStreamCaptureUnjoined";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
    default: return "cudaErrorUnknown";
  }
}
const char* cudaGetErrorString(cudaError_t error) { return cudaGetErrorName(error); }

cudaError_t cudaGetDeviceCount(int* count) {
  ANSWER_FAULT("cudaGetDeviceCount");
  *count = cudaOnHost::cardCount;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  ANSWER_FAULT("cudaGetDeviceProperties");
  *properties = cudaDeviceProp{};
  std::strcpy(properties->name, "CUDA on host");
  properties->totalGlobalMem = std::size_t{1} << 32;
  // A fault with the code of a compute capability times ten makes the card older: see failNext("computeCapability", 1, 70).
  const cudaError_t capability = fault("computeCapability");
  properties->major = capability == cudaSuccess ? 8 : capability / 10;
  properties->minor = capability == cudaSuccess ? 0 : capability % 10;
  properties->multiProcessorCount = 1;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  ANSWER_FAULT("cudaDriverGetVersion");
  // A fault with the code of a release makes the driver older, -1 takes it away: see failNext("driverVersion", 1, 12040).
  const cudaError_t older = fault("driverVersion");
  *version = older == cudaSuccess ? 13000 : older == noDriver ? 0 : older;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int card) {
  ANSWER_FAULT("cudaSetDevice");
  if (card < 0 || card >= cudaOnHost::cardCount) return cudaOnHost::lastError = cudaErrorInvalidDevice;
  cudaOnHost::currentCard = card;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* card) {
  *card = cudaOnHost::currentCard;
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  ANSWER_FAULT("cudaMemGetInfo");
  *free = *total = std::size_t{1} << 32;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  ANSWER_FAULT("cudaMalloc");
  ++counters.allocations;
  *address = std::malloc(bytes);  // exact size: AddressSanitizer then sees the first byte too many
  if (*address == nullptr) return cudaErrorMemoryAllocation;
  cudaOnHost::memoryOf[static_cast<const char*>(*address)] = {bytes, cudaOnHost::currentCard};
  return cudaSuccess;
}
cudaError_t cudaFree(void* address) {
  ANSWER_FAULT("cudaFree");
  if (address != nullptr) ++counters.frees;
  cudaOnHost::memoryOf.erase(static_cast<const char*>(address));
  std::free(address);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** address, std::size_t bytes, unsigned) {
  ANSWER_FAULT("cudaHostAlloc");
  *address = std::malloc(bytes);
  if (*address == nullptr) return cudaErrorMemoryAllocation;
  ++counters.pinned;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* address) {
  --counters.pinned;
  std::free(address);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  ANSWER_FAULT("cudaMemcpyAsync");
  const int source = cudaOnHost::cardOf(from);
  const bool isBetweenCards = kind == cudaMemcpyDefault && source >= 0 && source != stream->card;
  if (isBetweenCards) cudaOnHost::readFrom(stream, source);
  perform(stream, [=] {
    if (isBetweenCards) counters.bytesBetweenCards += bytes, ++counters.copiesBetweenCards;
    if (kind == cudaMemcpyHostToDevice) counters.bytesToDevice += bytes, ++counters.copiesToDevice;
    if (kind == cudaMemcpyDeviceToHost) counters.bytesToHost += bytes, ++counters.copiesToHost;
    std::memmove(to, from, bytes);
  }, !isBetweenCards);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* address, int value, std::size_t bytes, cudaStream_t stream) {
  ANSWER_FAULT("cudaMemsetAsync");
  perform(stream, [=] { std::memset(address, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaOnHost::lastError;
  cudaOnHost::lastError = cudaOnHost::stickyError;
  return error;
}
cudaError_t cudaPeekAtLastError() { return cudaOnHost::lastError; }
cudaError_t cudaDeviceCanAccessPeer(int* can, int card, int other) {
  *can = card != other;
  return cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
  ANSWER_FAULT("cudaDeviceEnablePeerAccess");
  return cudaSuccess;
}
