#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace amr::cuda {

/** NVIDIA's library of collective operations, opened at run time: used where the machine has it, never linked. */
class Nccl {
 public:
  ~Nccl();
  Nccl(const Nccl&) = delete;
  Nccl& operator=(const Nccl&) = delete;

  /** The first of the libraries that starts for these cards. Null when none does; then `reason` says why, or that there is none. */
  static std::unique_ptr<Nccl> open(const std::vector<std::string>& libraries, const std::vector<int>& cards, std::string& reason);
  /** As 2.27.3. */
  const std::string& version() const { return version_; }
  /** See Group::share: one broadcast for each card's piece, all in one group. */
  void share(const std::vector<char*>& arrays, const std::vector<std::int64_t>& bounds, const std::vector<cudaStream_t>& streams) const;

 private:
  struct Functions;
  Nccl();
  std::string start(const char* library, const std::vector<int>& cards);

  std::unique_ptr<Functions> functions_;
  std::vector<void*> communicators_;
  std::string version_;
};

}  // namespace amr::cuda
