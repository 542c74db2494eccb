// What a recorded step needs to be another one each time it runs: its place in the epoch is counted on the card, its batch is taken from
// there, and its loss is noted there.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

__global__ void __launch_bounds__(blockThreads) takeSlices(SliceIds s) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i >= s.length) return;
  const std::int64_t at = larger(0, smaller(*s.clock * s.length + i, s.whole - 1));
#pragma unroll
  for (int t = 0; t < SliceIds::most; ++t) {
    if (t < s.count) s.outs[t][i] = s.tables[t][at];
  }
}

__global__ void __launch_bounds__(warpLanes) noteAndCount(NoteLoss s) {
  if (threadIdx.x != 0) return;
  const std::int64_t step = *s.clocks[0];
  if (step >= 0 && step < s.steps) {
    for (std::int64_t p = 0; p < s.parts; ++p) s.losses[step * s.parts + p] = s.loss[p];
  }
#pragma unroll
  for (int c = 0; c < NoteLoss::mostClocks; ++c) {
    if (c < s.count) ++*s.clocks[c];
  }
}

}  // namespace

void sliceIds(const SliceIds& s, Context& context) {
  if (s.length > 0) AMR_LAUNCH(context, takeSlices, blocksFor(s.length, blockThreads), blockThreads, s);
}

void noteLoss(const NoteLoss& s, Context& context) { AMR_LAUNCH(context, noteAndCount, 1, warpLanes, s); }

}  // namespace amr::cuda
