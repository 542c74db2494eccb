// Several cards: pieces of arrays handed round, and work of all recorded as one graph.
#include "runtime/group.h"

namespace amr::cuda {
namespace {

/** Lets a card read the other's memory itself; where it cannot, the driver copies by way of the host. */
void allowReads(const Context& card, const Context& other) {
  int can = 0;
  card.stream();  // makes it the current one
  AMR_CUDA(cudaDeviceCanAccessPeer(&can, card.card(), other.card()));
  if (can == 0) return;
  const cudaError_t code = cudaDeviceEnablePeerAccess(other.card(), 0);
  if (code == cudaErrorPeerAccessAlreadyEnabled) cudaGetLastError();
  else AMR_CUDA(code);
}

}  // namespace

Group::Group(std::vector<std::shared_ptr<Context>> cards, const std::vector<std::string>& ncclLibraries) : cards_(std::move(cards)) {
  for (const auto& card : cards_) {
    for (const auto& other : cards_) {
      if (other != card) allowReads(*card, *other);
    }
    cudaEvent_t event = nullptr;
    card->activate();
    AMR_CUDA(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    events_.push_back(event);
  }
  std::vector<int> numbers;
  for (const auto& card : cards_) numbers.push_back(card->card());
  std::string reason;
  nccl_ = Nccl::open(ncclLibraries, numbers, reason);
  transport_ = nccl_ != nullptr ? "NCCL " + nccl_->version() : "copies from card to card" + (reason.empty() ? "" : " because " + reason);
}

Group::~Group() {
  dropRecording();
  for (std::size_t card = 0; card < events_.size(); ++card) {
    cards_[card]->activateForClosing();
    cudaStreamSynchronize(cards_[card]->stream_);  // its error, if there is one, is the next call's too
    cudaEventDestroy(events_[card]);
  }
}

void Group::record(std::size_t card) { AMR_CUDA(cudaEventRecord(events_[card], cards_[card]->stream())); }
void Group::wait(std::size_t card, std::size_t other) { AMR_CUDA(cudaStreamWaitEvent(cards_[card]->stream(), events_[other], 0)); }

void Group::share(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds) {
  ++shares_;
  bytesShared_ += (bounds.back() - bounds.front()) * static_cast<std::int64_t>(cards_.size() - 1);
  if (nccl_ == nullptr) return copy(arrays, bounds);
  std::vector<cudaStream_t> streams;
  for (const auto& card : cards_) streams.push_back(card->stream());
  nccl_->share(arrays, bounds, streams);
}

/** A card reads the others' pieces once they are written, and the others write there again once it has read. */
void Group::copy(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds) {
  for (std::size_t card = 0; card < cards_.size(); ++card) record(card);
  for (std::size_t card = 0; card < cards_.size(); ++card) {
    for (std::size_t other = 0; other < cards_.size(); ++other) {
      if (other == card) continue;
      const std::int64_t bytes = bounds[other + 1] - bounds[other];
      wait(card, other);
      if (bytes == 0) continue;
      AMR_CUDA(cudaMemcpyAsync(arrays[card] + bounds[other], arrays[other] + bounds[other], static_cast<std::size_t>(bytes), cudaMemcpyDefault,
                               cards_[card]->stream()));
    }
  }
  // An event means what was recorded last: all have waited for the first meaning by now.
  for (std::size_t card = 0; card < cards_.size(); ++card) record(card);
  for (std::size_t card = 0; card < cards_.size(); ++card) {
    for (std::size_t other = 0; other < cards_.size(); ++other) {
      if (other != card) wait(card, other);
    }
  }
}

void Group::othersWaitForFirst() {
  record(0);
  for (std::size_t card = 1; card < cards_.size(); ++card) wait(card, 0);
}

void Group::firstWaitsForOthers() {
  for (std::size_t card = 1; card < cards_.size(); ++card) {
    record(card);
    wait(0, card);
  }
}

/** The first card's stream is captured; the others wait for it and so belong to its graph. */
void Group::beginRecording() {
  for (const auto& card : cards_) card->refuseWhileRecording("a recording inside it");
  cards_[0]->beginRecording();
  for (const auto& card : cards_) card->isRecording_ = true;
  othersWaitForFirst();
}

std::unique_ptr<Group::Work> Group::endRecording() {
  for (const auto& card : cards_) {
    if (!card->recordedTaken_.empty()) throw Unrecordable{"memory that outlives it"};
  }
  firstWaitsForOthers();
  auto work = std::make_unique<Work>(*this);
  work->parts_.resize(cards_.size());
  for (std::size_t card = 1; card < cards_.size(); ++card) work->parts_[card] = cards_[card]->takeRecorded();
  work->parts_[0] = cards_[0]->endRecording();
  return work;
}

void Group::dropRecording() {
  for (std::size_t card = 1; card < cards_.size(); ++card) {
    if (cards_[card]->isRecording_) cards_[card]->forgetRecorded();
  }
  cards_[0]->dropRecording();
}

void Group::Work::run() {
  group_.firstWaitsForOthers();
  parts_[0]->run();
  group_.othersWaitForFirst();
}

}  // namespace amr::cuda
