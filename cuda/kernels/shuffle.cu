// shuffledIds: the order that the host's loop of swaps (Fisher and Yates, from the end) leaves, without the loop: README.md,
// "An epoch's order". What step i finds at its place, the next larger step with that place as its target has brought there.
#include "kernels/kernels.h"
#include "philox.cuh"

namespace amr::cuda {
namespace {

struct Swaps {
  const std::int32_t* target;  // [n]
  /** [n] the smallest step i or above whose target is i; -1 for none */
  std::int32_t* first;
  /** [n] the next larger step with the target of step i; -1 for none */
  std::int32_t* after;
  std::int64_t n;

  /** What lies at place i when step i comes. */
  __device__ std::int32_t at(std::int32_t i) const {
    for (;;) {
      const std::int32_t next = first[i] == i ? after[i] : first[i];
      if (next < 0) return i;
      i = next;
    }
  }
};

/** Step i takes word n - 1 - i of the stream: an integer in [0, i] by the high word of the product, as the host's. */
__global__ void __launch_bounds__(blockThreads) drawTargets(std::int32_t* target, std::int64_t n, std::uint32_t key0, std::uint32_t key1) {
  const std::int64_t block = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (4 * block >= n) return;
  const PhiloxBlock drawn = philox(key0, key1, static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32));
  for (int w = 0; w < 4 && 4 * block + w < n; ++w) {
    const std::int64_t i = n - 1 - (4 * block + w);
    target[i] = static_cast<std::int32_t>(__umulhi(drawn.words[w], static_cast<std::uint32_t>(i + 1)));
  }
}

/** order: the steps by their target, those of one target ascending. */
__global__ void __launch_bounds__(blockThreads) linkSteps(Swaps s, const std::int32_t* order) {
  const std::int64_t at = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (at >= s.n) return;
  const std::int32_t step = order[at], target = s.target[step];
  s.after[step] = at + 1 < s.n && s.target[order[at + 1]] == target ? order[at + 1] : -1;
  if (at == 0 || s.target[order[at - 1]] != target) s.first[target] = step;
}

__global__ void __launch_bounds__(blockThreads) followSteps(std::int32_t* out, Swaps s) {
  const std::int64_t at = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (at >= s.n) return;
  const auto i = static_cast<std::int32_t>(at);
  const std::int32_t from = s.target[i];
  out[i] = from == i ? s.at(i) : s.after[i] >= 0 ? s.at(s.after[i]) : from;
}

}  // namespace

void shuffledIds(std::int32_t* out, std::int64_t n, std::uint32_t key0, std::uint32_t key1, Context& context) {
  if (n == 0) return;
  const Scratch<std::int32_t> target(context, n), order(context, n), places(context, n), offsets(context, n + 1), ids(context, n);
  AMR_LAUNCH(context, drawTargets, blocksFor(n, 4 * blockThreads), blockThreads, target.data(), n, key0, key1);
  sortSegments({order.data(), places.data(), offsets.data(), ids.data(), target.data(), n}, context);
  // Of the sort only the order is needed; what else it wrote makes room.
  const Swaps swaps{target.data(), places.data(), ids.data(), n};
  AMR_CUDA(cudaMemsetAsync(swaps.first, 0xff, static_cast<std::size_t>(n) * sizeof(std::int32_t), context.stream()));
  AMR_LAUNCH(context, linkSteps, blocksFor(n, blockThreads), blockThreads, swaps, order.data());
  AMR_LAUNCH(context, followSteps, blocksFor(n, blockThreads), blockThreads, out, swaps);
}

}  // namespace amr::cuda
