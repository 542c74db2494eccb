// The CUDA runtime library on malloc: enough of it for the device layer, with counters and faults on request. The machine has several cards.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
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
/** How many pieces of work of each stream somebody knows to be done before. */
using Known = std::map<CudaOnHostStream*, std::uint64_t>;

/** What is captured: one graph, to which streams belong that wait for a captured one. */
struct Capture {
  CudaOnHostStream* origin;
  std::vector<CudaOnHostStream*> streams;
/** what the host has waited for: it comes before all that the host asks for later */
Known knownToHost;
  bool isInvalid = false;
  Work work;
};
struct CudaOnHostStream {
  int card = 0;
  std::shared_ptr<Capture> capture;
  /** pieces of work so far, the last of them that was no copy from another card, and what is known to be done before the next */
  std::uint64_t issued = 0, lastOwn = 0;
  Known known;
  /** streams that it ever waited for */
  std::set<CudaOnHostStream*> waitedFor;
  /** what others read here and must have read before the next piece of work */
  Known readers;
};
struct CudaOnHostGraph {
  std::shared_ptr<Capture> capture;
};
struct CudaOnHostGraphExec {
  std::shared_ptr<Capture> capture;
};

namespace cudaOnHost {
namespace {

constexpr int cardCount = 4;
int currentCard = 0;
std::vector<CudaOnHostStream*> streams;
/** what the host has waited for: it comes before all that the host asks for later */
Known knownToHost;
/** where the memory of cards begins, how long it is and whose it is */
std::map<const char*, std::pair<std::size_t, int>> memoryOf;

bool hasSeen(const CudaOnHostStream* stream, const Known& needed) {
  for (const auto& [other, count] : needed) {
    const auto seen = stream->known.find(other);
    if (other != stream && (seen == stream->known.end() || seen->second < count)) return false;
  }
  return true;
}

void merge(Known& into, const Known& from) {
  for (const auto& [stream, count] : from) {
    if (into[stream] < count) into[stream] = count;
  }
}

/** Counts a piece of work. Work on a card's own memory must come after what others still read there. */
void issue(CudaOnHostStream* stream, bool isOwn) {
  if (stream == nullptr) return;
  merge(stream->known, knownToHost);
  stream->known[stream] = ++stream->issued;
  if (!isOwn) return;
  if (!hasSeen(stream, stream->readers)) ++counters.racesBetweenCards;
  stream->readers.clear();
  stream->lastOwn = stream->issued;
}

/** The stream's next piece of work uses the other's memory: it comes after all that the other was asked to do, and before what it does next. */
void meet(CudaOnHostStream* stream, CudaOnHostStream* other) {
  merge(stream->known, knownToHost);
  if (!hasSeen(stream, {{other, other->lastOwn}})) ++counters.racesBetweenCards;
  other->readers[stream] = stream->issued + 1;
}

/** Of the card's streams those are meant that are ever waited for: others are of devices that somebody else has opened there. */
void readFrom(CudaOnHostStream* stream, int card) {
  bool isWaitedFor = false;
  for (CudaOnHostStream* other : stream->waitedFor) {
    if (other->card != card) continue;
    isWaitedFor = true;
    meet(stream, other);
  }
  if (!isWaitedFor) ++counters.racesBetweenCards;
}

/** Whose memory it is; -1 for the host's. */
int cardOf(const void* address) {
  const char* const at = static_cast<const char*>(address);
  auto next = memoryOf.upper_bound(at);
  if (next == memoryOf.begin()) return -1;
  --next;
  return at < next->first + next->second.first ? next->second.second : -1;
}

/** At once, or as a node of the graph where the stream is captured. */
void perform(CudaOnHostStream* stream, std::function<void()> work, bool isOwn = true) {
  issue(stream, isOwn);
  if (stream != nullptr && stream->capture) stream->capture->work.push_back(std::move(work));
  else work();
}

/** What waits for a captured stream is an error, and the graph is lost. */
cudaError_t refuseInCapture(CudaOnHostStream* stream) {
  if (stream == nullptr || !stream->capture) return cudaSuccess;
  stream->capture->isInvalid = true;
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
  if (stream != nullptr && stream->card != currentCard) {
    lastError = cudaErrorInvalidResourceHandle;
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
  int card;
  CudaOnHostStream* stream;
  std::chrono::steady_clock::time_point time;
  std::shared_ptr<Capture> capture;
  Known known;
};

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
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  ANSWER_FAULT("cudaStreamCreateWithFlags");
  *stream = new CudaOnHostStream;
  (*stream)->card = cudaOnHost::currentCard;
  cudaOnHost::streams.push_back(*stream);
  ++counters.streams;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  --counters.streams;
  std::erase(cudaOnHost::streams, stream);
  for (CudaOnHostStream* other : cudaOnHost::streams) other->known.erase(stream), other->readers.erase(stream), other->waitedFor.erase(stream);
  cudaOnHost::knownToHost.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ++counters.synchronisations;
  if (const cudaError_t error = cudaOnHost::refuseInCapture(stream); error != cudaSuccess) return error;
  ANSWER_FAULT("cudaStreamSynchronize");
  cudaOnHost::merge(cudaOnHost::knownToHost, stream->known);
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaOnHost::lastError;
  cudaOnHost::lastError = cudaOnHost::stickyError;
  return error;
}
cudaError_t cudaPeekAtLastError() { return cudaOnHost::lastError; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  ANSWER_FAULT("cudaEventCreate");
  *event = new CudaOnHostEvent{cudaOnHost::currentCard, nullptr, {}, nullptr, {}};
  ++counters.events;
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  --counters.events;
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  ANSWER_FAULT("cudaEventRecord");
  if (event->card != stream->card) return cudaOnHost::lastError = cudaErrorInvalidResourceHandle;
  event->stream = stream;
  event->capture = stream->capture;
  event->known = stream->known;
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}
/** What waits for an event of a captured stream belongs to its graph. */
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  ANSWER_FAULT("cudaStreamWaitEvent");
  if (event->capture && !stream->capture) {
    stream->capture = event->capture;
    event->capture->streams.push_back(stream);
  }
  if (stream->capture != event->capture) return cudaOnHost::lastError = cudaErrorInvalidValue;
  cudaOnHost::merge(stream->known, event->known);
  stream->waitedFor.insert(event->stream);
  return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int card, int other) {
  *can = card != other;
  return cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned) {
  ANSWER_FAULT("cudaDeviceEnablePeerAccess");
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
  if (stream->capture) return cudaOnHost::lastError = cudaErrorInvalidValue;
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->streams = {stream};
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  const std::shared_ptr<Capture> capture = stream->capture;
  bool isJoined = true;
  for (CudaOnHostStream* each : capture->streams) {
    isJoined = isJoined && cudaOnHost::hasSeen(stream, {{each, each->issued}});
    each->capture = nullptr;
  }
  ANSWER_FAULT("cudaStreamEndCapture");
  if (capture->isInvalid) return cudaOnHost::lastError = cudaErrorStreamCaptureInvalidated;
  if (!isJoined) return cudaOnHost::lastError = cudaErrorStreamCaptureUnjoined;
  *graph = new CudaOnHostGraph{capture};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  ANSWER_FAULT("cudaGraphInstantiate");
  *exec = new CudaOnHostGraphExec{graph->capture};
  ++counters.graphs;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ANSWER_FAULT("cudaGraphLaunch");
  ++counters.graphLaunches;
  for (CudaOnHostStream* other : exec->capture->streams) {
    if (other != stream) cudaOnHost::meet(stream, other);
  }
  perform(stream, [exec] {
    for (const auto& each : exec->capture->work) each();
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
