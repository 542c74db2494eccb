// The machine behind the runtime: faults on request, which work of which card is known to come before which, launches.
#include "machine.h"

namespace cudaOnHost {

Counters counters{};
std::map<std::string, std::uint64_t> launchesOf;
void runGrid(dim3 grid, dim3 block, const std::function<void()>& body);

cudaError_t lastError = cudaSuccess, stickyError = cudaSuccess;
int currentCard = 0;
std::vector<CudaOnHostStream*> streams;
Known knownToHost;
std::map<const char*, std::pair<std::size_t, int>> memoryOf;

namespace {

struct Fault {
  std::string function;
  int callsLeft, code;
};
std::vector<Fault> faults;

bool isSticky(int code) { return code == cudaErrorIllegalAddress || code == cudaErrorLaunchFailure; }

}  // namespace

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

namespace {

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

}  // namespace

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

int cardOf(const void* address) {
  const char* const at = static_cast<const char*>(address);
  auto next = memoryOf.upper_bound(at);
  if (next == memoryOf.begin()) return -1;
  --next;
  return at < next->first + next->second.first ? next->second.second : -1;
}

void perform(CudaOnHostStream* stream, std::function<void()> work, bool isOwn) {
  issue(stream, isOwn);
  if (stream != nullptr && stream->capture) stream->capture->work.push_back(std::move(work));
  else work();
}

cudaError_t refuseInCapture(CudaOnHostStream* stream) {
  if (stream == nullptr || !stream->capture) return cudaSuccess;
  stream->capture->isInvalid = true;
  return lastError = cudaErrorStreamCaptureUnsupported;
}

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
