#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace amr {

/** Blocks first <= second of one set. */
struct BlockPair {
  std::int64_t first = -1, second = -1;
};

/**
 * Deals all pairs of blocks (a pair of a block with itself included) to threads so that no two threads hold the same block:
 * whoever holds a pair may write what belongs to its two blocks without further locks. The order is left to chance.
 */
class PairSchedule {
 public:
  explicit PairSchedule(std::int64_t blocks);
  ~PairSchedule();
  PairSchedule(const PairSchedule&) = delete;
  PairSchedule& operator=(const PairSchedule&) = delete;
  /** Gives `held` back and puts the next pair there, of the same first block if it can; waits; false when all are dealt. */
  bool next(BlockPair& held);

 private:
  bool pick(std::int64_t first, BlockPair& pair) const;

  std::int64_t blocks_, left_;
  /** per first block: pairs not dealt yet, and per pair whether it was dealt */
  std::vector<std::int64_t> leftOf_;
  std::vector<bool> dealt_;
  std::vector<bool> held_;
  std::mutex mutex_;
  std::condition_variable returned_;
};

}  // namespace amr
