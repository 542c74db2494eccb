// NCCL by dlopen: the functions of its stable C interface that are called, declared as they are called.
#include "runtime/nccl.h"

#include "runtime/error.h"
#include "runtime/library.h"

namespace amr::cuda {

using Status = int;  // ncclResult_t, 0 for success

struct Nccl::Functions {
  Status (*getVersion)(int* version);
  Status (*initAll)(void** communicators, int count, const int* cards);
  Status (*destroy)(void* communicator);
  Status (*groupStart)();
  Status (*groupEnd)();
  Status (*broadcast)(const void* from, void* to, std::size_t count, int type, int root, void* communicator, cudaStream_t stream);
};

namespace {

/** ncclDataType_t: ncclInt8. */
constexpr int oneByte = 0;
constexpr const char* noNccl = "there is no NCCL";

void mustSucceed(Status status, const char* call) {
  if (status == 0) return;
  throw CudaError{"NCCL", "status " + std::to_string(status) + " from " + call, "success",
                  "NCCL_DEBUG=WARN says why; AMR_NCCL=none does without: the cards then copy from each other"};
}

}  // namespace

Nccl::Nccl() : functions_(std::make_unique<Functions>()) {}

std::unique_ptr<Nccl> Nccl::open(const std::vector<std::string>& libraries, const std::vector<int>& cards, std::string& reason) {
  for (const std::string& library : libraries) {
    std::unique_ptr<Nccl> nccl(new Nccl);
    const std::string obstacle = nccl->start(library.c_str(), cards);
    if (obstacle.empty()) {
      reason.clear();
      return nccl;
    }
    if (reason.empty() && obstacle != noNccl) reason = obstacle;
  }
  if (reason.empty()) reason = noNccl;
  return nullptr;
}

/** Loads and starts it; what stands in the way, or "". A library that was loaded stays so: it may have threads of its own. */
std::string Nccl::start(const char* library, const std::vector<int>& cards) {
  void* loaded = loadLibrary(library);
  if (loaded == nullptr) return noNccl;
  Functions& f = *functions_;
  const bool isWhole = findFunction(loaded, "ncclGetVersion", f.getVersion) && findFunction(loaded, "ncclCommInitAll", f.initAll) &&
                       findFunction(loaded, "ncclCommDestroy", f.destroy) && findFunction(loaded, "ncclGroupStart", f.groupStart) &&
                       findFunction(loaded, "ncclGroupEnd", f.groupEnd) && findFunction(loaded, "ncclBroadcast", f.broadcast);
  if (!isWhole) return "the NCCL found lacks functions";
  std::vector<void*> communicators(cards.size(), nullptr);
  const Status status = f.initAll(communicators.data(), static_cast<int>(cards.size()), cards.data());
  if (status != 0) return "NCCL did not start (status " + std::to_string(status) + ")";
  communicators_ = std::move(communicators);
  int version = 0;
  mustSucceed(f.getVersion(&version), "ncclGetVersion");
  version_ = std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
  return "";
}

Nccl::~Nccl() {
  for (void* communicator : communicators_) functions_->destroy(communicator);
}

void Nccl::share(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds, const std::vector<cudaStream_t>& streams) const {
  mustSucceed(functions_->groupStart(), "ncclGroupStart");
  for (std::size_t root = 0; root < arrays.size(); ++root) {
    const auto bytes = static_cast<std::size_t>(bounds[root + 1] - bounds[root]);
    if (bytes == 0) continue;
    for (std::size_t card = 0; card < arrays.size(); ++card) {
      char* const piece = arrays[card] + bounds[root];
      mustSucceed(functions_->broadcast(piece, piece, bytes, oneByte, static_cast<int>(root), communicators_[card], streams[card]), "ncclBroadcast");
    }
  }
  mustSucceed(functions_->groupEnd(), "ncclGroupEnd");
}

}  // namespace amr::cuda
