#include "runtime/pairSchedule.h"

namespace amr {

PairSchedule::PairSchedule(std::int64_t blocks)
    : blocks_(blocks),
      left_(blocks * (blocks + 1) / 2),
      leftOf_(static_cast<std::size_t>(blocks)),
      dealt_(static_cast<std::size_t>(blocks * blocks)),
      held_(static_cast<std::size_t>(blocks)) {
  for (std::int64_t block = 0; block < blocks; ++block) leftOf_[static_cast<std::size_t>(block)] = blocks - block;
}

PairSchedule::~PairSchedule() = default;

bool PairSchedule::pick(std::int64_t first, BlockPair& pair) const {
  if (leftOf_[static_cast<std::size_t>(first)] == 0 || held_[static_cast<std::size_t>(first)]) return false;
  for (std::int64_t second = first; second < blocks_; ++second) {
    if (held_[static_cast<std::size_t>(second)] || dealt_[static_cast<std::size_t>(first * blocks_ + second)]) continue;
    pair = {first, second};
    return true;
  }
  return false;
}

bool PairSchedule::next(BlockPair& held) {
  std::unique_lock<std::mutex> lock(mutex_);
  const std::int64_t preferred = held.first;
  if (preferred >= 0) {
    held_[static_cast<std::size_t>(held.first)] = held_[static_cast<std::size_t>(held.second)] = false;
    held = {};
    returned_.notify_all();
  }
  for (;;) {
    if (left_ == 0) return false;
    bool found = preferred >= 0 && pick(preferred, held);
    for (std::int64_t first = 0; first < blocks_ && !found; ++first) found = pick(first, held);
    if (found) break;
    returned_.wait(lock);
  }
  held_[static_cast<std::size_t>(held.first)] = held_[static_cast<std::size_t>(held.second)] = true;
  dealt_[static_cast<std::size_t>(held.first * blocks_ + held.second)] = true;
  --leftOf_[static_cast<std::size_t>(held.first)];
  --left_;
  return true;
}

}  // namespace amr
