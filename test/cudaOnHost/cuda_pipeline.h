#pragma once
/**
 * cp.async on the host. Forwards a copy happens when the thread that started it waits for it, no earlier, so that a wait that is
 * missing shows as old values; backwards it happens at once, so that one shows that starts while others still read its target.
 * As on a card the thread's wait says nothing about the copies of others: that takes a barrier.
 */
#include <deque>
#include <vector>

#include "cuda_runtime.h"

namespace cudaOnHost {

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes, zeros;
};
/** Of each thread of the block: groups of copies committed and not waited for; the last one is still open. */
inline std::deque<std::vector<Copy>>& copyGroups() {
  static std::deque<std::vector<Copy>> groups[1024];
  std::deque<std::vector<Copy>>& own = groups[place.linear];
  if (own.empty()) own.emplace_back();
  return own;
}

inline void perform(const Copy& copy) {
  std::memcpy(copy.to, copy.from, copy.bytes - copy.zeros);
  std::memset(static_cast<char*>(copy.to) + copy.bytes - copy.zeros, 0, copy.zeros);
}

}  // namespace cudaOnHost

inline void __pipeline_memcpy_async(void* to, const void* from, std::size_t bytes, std::size_t zeros = 0) {
  const auto misaligned = (reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from)) % bytes;
  if (misaligned != 0) cudaOnHost::stop("an asynchronous copy's addresses are not aligned to its size");
  const cudaOnHost::Copy copy{to, from, bytes, zeros};
  if (cudaOnHost::isReverseOrder()) cudaOnHost::perform(copy);
  else cudaOnHost::copyGroups().back().push_back(copy);
}
inline void __pipeline_commit() { cudaOnHost::copyGroups().emplace_back(); }
inline void __pipeline_wait_prior(int kept) {
  auto& groups = cudaOnHost::copyGroups();
  while (groups.size() > static_cast<std::size_t>(kept) + 1) {
    for (const cudaOnHost::Copy& copy : groups.front()) cudaOnHost::perform(copy);
    groups.pop_front();
  }
}
