// The CUDA runtime library on malloc: enough of it for the device layer, with counters and faults on request.
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "cuda_runtime.h"

namespace cudaOnHost {

Counters counters{};
std::map<std::string, std::uint64_t> launchesOf;
void runGrid(dim3 grid, dim3 block, const std::function<void()>& body);

namespace {

struct Fault {
  std::string function;
  int callsLeft, code;
};
std::vector<Fault> faults;
cudaError_t lastError = cudaSuccess;
/** Errors of this kind stay for the rest of the process on a card: every later call repeats them. */
cudaError_t stickyError = cudaSuccess;

bool isSticky(int code) { return code == cudaErrorIllegalAddress || code == cudaErrorLaunchFailure; }

/** The error this call must answer: a lasting one, a fault whose turn has come, or none. */
cudaError_t fault(const char* function) {
  if (stickyError != cudaSuccess) return lastError = stickyError;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i].function != function || --faults[i].callsLeft > 0) continue;
    const int code = faults[i].code;
    faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(i));
    if (isSticky(code)) stickyError = code;
    return lastError = code;
  }
  return cudaSuccess;
}

}  // namespace
}  // namespace cudaOnHost

using Work = std::vector<std::function<void()>>;
struct CudaOnHostStream {
  bool isCaptured = false, isInvalid = false;
  Work work;
};
struct CudaOnHostGraph {
  Work work;
};
struct CudaOnHostGraphExec {
  Work work;
};

namespace cudaOnHost {
namespace {

/** At once, or as a node of the graph where the stream is captured. */
void perform(CudaOnHostStream* stream, std::function<void()> work) {
  if (stream != nullptr && stream->isCaptured) stream->work.push_back(std::move(work));
  else work();
}

/** What waits for a captured stream is an error, and the graph is lost. */
cudaError_t refuseInCapture(CudaOnHostStream* stream) {
  if (stream == nullptr || !stream->isCaptured) return cudaSuccess;
  stream->isInvalid = true;
  return lastError = cudaErrorStreamCaptureUnsupported;
}

}  // namespace

void failNext(const char* name, int nth, int code) {
  if (nth <= 0) {  // forget everything, a lost device included
    faults.clear();
    stickyError = lastError = cudaSuccess;
    return;
  }
  faults.push_back({name, nth, code});
}

void launch(const char* kernel, dim3 grid, dim3 block, CudaOnHostStream* stream, std::function<void()> body) {
  if (fault("launch") != cudaSuccess) return;
  const unsigned threads = block.x * block.y * block.z;
  const bool possible = threads > 0 && threads <= 1024 && grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y <= 65535 && grid.z <= 65535;
  if (!possible) {
    lastError = cudaErrorInvalidConfiguration;
    return;
  }
  perform(stream, [kernel, grid, block, body = std::move(body)] {
    ++counters.launches;
    ++launchesOf[kernel];
    runGrid(grid, block, body);
  });
}

}  // namespace cudaOnHost

using cudaOnHost::counters;
using cudaOnHost::fault;
using cudaOnHost::perform;

/** The fault "driverVersion" with this code: no driver at all, as cudaDriverGetVersion says it on a card's machine. */
constexpr cudaError_t noDriver = -1;

#define ANSWER_FAULT(function) \
  if (const cudaError_t error = fault(function); error != cudaSuccess) return error

struct CudaOnHostEvent {
  std::chrono::steady_clock::time_point time;
};

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
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
  *count = 1;
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
cudaError_t cudaSetDevice(int) {
  ANSWER_FAULT("cudaSetDevice");
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
  return *address == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
cudaError_t cudaFree(void* address) {
  ANSWER_FAULT("cudaFree");
  if (address != nullptr) ++counters.frees;
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
  perform(stream, [=] {
    if (kind == cudaMemcpyHostToDevice) counters.bytesToDevice += bytes, ++counters.copiesToDevice;
    if (kind == cudaMemcpyDeviceToHost) counters.bytesToHost += bytes, ++counters.copiesToHost;
    std::memmove(to, from, bytes);
  });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* address, int value, std::size_t bytes, cudaStream_t stream) {
  ANSWER_FAULT("cudaMemsetAsync");
  perform(stream, [=] { std::memset(address, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  ANSWER_FAULT("cudaStreamCreateWithFlags");
  *stream = new CudaOnHostStream;
  ++counters.streams;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  --counters.streams;
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ++counters.synchronisations;
  if (const cudaError_t error = cudaOnHost::refuseInCapture(stream); error != cudaSuccess) return error;
  ANSWER_FAULT("cudaStreamSynchronize");
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaOnHost::lastError;
  cudaOnHost::lastError = cudaOnHost::stickyError;
  return error;
}
cudaError_t cudaPeekAtLastError() { return cudaOnHost::lastError; }
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  ANSWER_FAULT("cudaEventCreate");
  *event = new CudaOnHostEvent;
  ++counters.events;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  --counters.events;
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  ANSWER_FAULT("cudaEventSynchronize");
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}

// -- graphs: what a captured stream was asked to do, in order -------------------------------------------------------------------

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  ANSWER_FAULT("cudaStreamBeginCapture");
  if (stream->isCaptured) return cudaOnHost::lastError = cudaErrorInvalidValue;
  stream->isCaptured = true;
  stream->isInvalid = false;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  Work work;
  work.swap(stream->work);
  stream->isCaptured = false;
  ANSWER_FAULT("cudaStreamEndCapture");
  if (stream->isInvalid) return cudaOnHost::lastError = cudaErrorStreamCaptureInvalidated;
  *graph = new CudaOnHostGraph{std::move(work)};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  ANSWER_FAULT("cudaGraphInstantiate");
  *exec = new CudaOnHostGraphExec{graph->work};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ANSWER_FAULT("cudaGraphLaunch");
  ++counters.graphLaunches;
  perform(stream, [exec] {
    for (const auto& each : exec->work) each();
  });
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  --counters.graphs;
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  --counters.graphs;
  delete exec;
  return cudaSuccess;
}
