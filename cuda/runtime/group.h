#pragma once
#include <memory>
#include <string>
#include <vector>

#include "runtime/context.h"
#include "runtime/nccl.h"

namespace amr::cuda {

/**
 * Cards of one machine that hand each other pieces of arrays. Each has its stream; what one launches after `share` sees what the others
 * launched before it. Nothing is added on the way, so the same bits arrive whoever carries them: NCCL where there is one, else copies from
 * card to card. For one thread.
 */
class Group {
 public:
  /** Launches on all cards that were noted once; see Recorded. Not longer than its group. */
  class Work {
   public:
    explicit Work(Group& group) : group_(group) {}
    void run();

   private:
    friend class Group;
    Group& group_;
    /** by card: the first has the graph of all, the others their memory */
    std::vector<std::unique_ptr<Recorded>> parts_;
  };

  /** `ncclLibraries`: where NCCL may be; the first that starts is taken. */
  Group(std::vector<std::shared_ptr<Context>> cards, const std::vector<std::string>& ncclLibraries);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /** Who carries the pieces, in words. */
  const std::string& transport() const { return transport_; }
  const std::vector<std::shared_ptr<Context>>& cards() const { return cards_; }
  /** Bytes that arrived at cards, and calls of `share`. */
  std::int64_t bytesShared() const { return bytesShared_; }
  std::int64_t shares() const { return shares_; }

  /** Card c's bytes [bounds[c], bounds[c + 1]) of its array go to the same place of all other cards' arrays. */
  void share(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds);

  /** As those of Context, on all cards at once. */
  void beginRecording();
  std::unique_ptr<Work> endRecording();
  void dropRecording();

 private:
  void copy(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds);
  void record(std::size_t card);
  void wait(std::size_t card, std::size_t other);
  void othersWaitForFirst();
  void firstWaitsForOthers();

  std::vector<std::shared_ptr<Context>> cards_;
  std::vector<cudaEvent_t> events_;
  std::unique_ptr<Nccl> nccl_;
  std::string transport_;
  std::int64_t bytesShared_ = 0, shares_ = 0;
};

}  // namespace amr::cuda
