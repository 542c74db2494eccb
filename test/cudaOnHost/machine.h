#pragma once
// What the files of the runtime share: streams with what is known to be done before their next piece of work, the cards' memory, faults.
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cuda_runtime.h"

using Work = std::vector<std::function<void()>>;
/** How many pieces of work of each stream somebody knows to be done before. */
using Known = std::map<CudaOnHostStream*, std::uint64_t>;

/** What is captured: one graph, to which streams belong that wait for a captured one. */
struct Capture {
  CudaOnHostStream* origin;
  std::vector<CudaOnHostStream*> streams;
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
struct CudaOnHostEvent {
  int card;
  CudaOnHostStream* stream;
  std::chrono::steady_clock::time_point time;
  std::shared_ptr<Capture> capture;
  Known known;
};

namespace cudaOnHost {

constexpr int cardCount = 4;
extern int currentCard;
extern std::vector<CudaOnHostStream*> streams;
/** what the host has waited for: it comes before all that the host asks for later */
extern Known knownToHost;
/** where the memory of cards begins, how long it is and whose it is */
extern std::map<const char*, std::pair<std::size_t, int>> memoryOf;
extern cudaError_t lastError;
/** Errors of this kind stay for the rest of the process on a card: every later call repeats them. */
extern cudaError_t stickyError;

/** The error this call must answer: a lasting one, a fault whose turn has come, or none. */
cudaError_t fault(const char* function);
/** Whether all that is `needed` is known to be done before the stream's next piece of work. */
bool hasSeen(const CudaOnHostStream* stream, const Known& needed);
void merge(Known& into, const Known& from);
/** The stream's next piece of work uses the other's memory: it comes after all that the other was asked to do, and before what it does next. */
void meet(CudaOnHostStream* stream, CudaOnHostStream* other);
/** The next piece of work reads the card's memory. */
void readFrom(CudaOnHostStream* stream, int card);
/** Whose memory it is; -1 for the host's. */
int cardOf(const void* address);
/** At once, or as a node of the graph where the stream is captured. */
void perform(CudaOnHostStream* stream, std::function<void()> work, bool isOwn = true);
/** What waits for a captured stream is an error, and the graph is lost. */
cudaError_t refuseInCapture(CudaOnHostStream* stream);

}  // namespace cudaOnHost

#define ANSWER_FAULT(function) \
  if (const cudaError_t error = cudaOnHost::fault(function); error != cudaSuccess) return error
