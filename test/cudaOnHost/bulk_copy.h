#pragma once
/**
 * cuda/bulkCopy.cuh on the host: barriers that count one arrival and the bytes of a phase. Forwards a copy happens when a thread
 * waits for its barrier, backwards at once, as in cuda_pipeline.h. Stops where a card would hang or do anything: barriers opened twice
 * or used unopened, addresses and sizes that are no multiples of 16, waits for bytes that never come.
 */
#include <map>

#include "cuda_pipeline.h"
#include "cuda_runtime.h"

namespace amr::cuda {

struct BulkBarrier {
  enum : unsigned { closed = 0, open = 0x09e27a11 } state;
  unsigned phase, arrivalsLeft;
  std::int64_t bytesLeft;
};

namespace bulkCopies {

/** Whether tiles are fed this way where they can be; a card of compute capability 9.0 always does it. */
extern bool isOn;
inline std::map<BulkBarrier*, std::vector<cudaOnHost::Copy>>& waiting() {
  static std::map<BulkBarrier*, std::vector<cudaOnHost::Copy>> copies;
  return copies;
}
inline BulkBarrier& opened(BulkBarrier& barrier) {
  if (barrier.state != BulkBarrier::open) cudaOnHost::stop("a barrier of bulk copies is used and not open");
  return barrier;
}
inline void endPhaseIfWhole(BulkBarrier& barrier) {
  if (barrier.arrivalsLeft > 0 || barrier.bytesLeft != 0) return;
  ++barrier.phase;
  barrier.arrivalsLeft = 1;
}
inline void perform(BulkBarrier& barrier, const cudaOnHost::Copy& copy) {
  cudaOnHost::perform(copy);
  barrier.bytesLeft -= static_cast<std::int64_t>(copy.bytes);
}

}  // namespace bulkCopies

inline bool copiesInBulk() { return bulkCopies::isOn; }
inline void storesBeforeCopies() {}
inline void openBarrier(BulkBarrier& barrier) {
  if (barrier.state == BulkBarrier::open) cudaOnHost::stop("a barrier of bulk copies is opened twice");
  barrier = {BulkBarrier::open, 0, 1, 0};
}
inline void closeBarrier(BulkBarrier& barrier) {
  if (!bulkCopies::waiting()[&bulkCopies::opened(barrier)].empty()) cudaOnHost::stop("a barrier is closed before its copies came");
  barrier.state = BulkBarrier::closed;
}
inline void expectBytes(BulkBarrier& barrier, unsigned bytes) {
  if (bulkCopies::opened(barrier).arrivalsLeft == 0) cudaOnHost::stop("a phase of a barrier has more than its one arrival");
  --barrier.arrivalsLeft;
  barrier.bytesLeft += bytes;
  bulkCopies::endPhaseIfWhole(barrier);
}
inline void copyBulk(void* to, const void* from, unsigned bytes, BulkBarrier& barrier) {
  const auto misaligned = (reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from) | bytes) % 16;
  if (misaligned != 0 || bytes == 0) cudaOnHost::stop("a bulk copy's addresses or size are no multiples of 16 bytes");
  const cudaOnHost::Copy copy{to, from, bytes, 0};
  if (!cudaOnHost::isReverseOrder()) return bulkCopies::waiting()[&bulkCopies::opened(barrier)].push_back(copy);
  bulkCopies::perform(bulkCopies::opened(barrier), copy);
  bulkCopies::endPhaseIfWhole(barrier);
}
inline void waitFor(BulkBarrier& barrier, unsigned parity) {
  while (bulkCopies::opened(barrier).phase % 2 == parity) {
    auto& copies = bulkCopies::waiting()[&barrier];
    for (const cudaOnHost::Copy& copy : copies) bulkCopies::perform(barrier, copy);
    copies.clear();
    if (barrier.arrivalsLeft == 0) bulkCopies::endPhaseIfWhole(barrier);
    if (barrier.phase % 2 == parity) cudaOnHost::letOthersRun();
  }
}

}  // namespace amr::cuda
