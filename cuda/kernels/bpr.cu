// BPR: bpr on gathered rows, and bprStep on the rows of a table, where one warp adds up each run of equal rows in the order of
// positions. So the same sum in the same order every time, without atomics.
#include "columnBlocks.cuh"
#include "kernels/kernels.h"

namespace amr::cuda {
namespace {

struct Margin {
  float loss, slope;
};

/** softplus(-margin) and its derivative -sigmoid(-margin). */
__device__ Margin lossOf(float margin) {
  const float t = expf(-fabsf(margin));
  const float loss = (margin > 0.0f ? 0.0f : -margin) + log1pf(t);
  return {loss, -(margin > 0.0f ? t : 1.0f) / (1.0f + t)};
}

/** dot(user, positive - negative) of row j, in every lane. */
__device__ float marginOf(const float* user, const float* positive, const float* negative, std::int64_t d, double* blocks) {
  return static_cast<float>(sumColumns(d, [=](std::int64_t c) { return user[c] * (positive[c] - negative[c]); }, blocks));
}

/** The first half of a call on some of the columns. */
__global__ void __launch_bounds__(blockThreads) marginBlocks(Bpr s, RowBlocks blocks) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.batch) return;
  marginOf(s.user + j * s.d, s.positive + j * s.d, s.negative + j * s.d, s.d, blocks.own(j, 0));
}

/** Five blocks a multiprocessor leave 48 registers a thread: aiming at more, the compiler spills for sm_100. */
__global__ void __launch_bounds__(blockThreads, 5) lossesAndGradients(Bpr s, RowBlocks blocks, double* losses) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.batch) return;
  const float* user = s.user + j * s.d;
  const float* positive = s.positive + j * s.d;
  const float* negative = s.negative + j * s.d;
  const Margin margin =
      lossOf(blocks.data == nullptr ? marginOf(user, positive, negative, s.d, nullptr) : static_cast<float>(blocks.sum(j, 0)));
  if (laneOf() == 0) losses[j] = static_cast<double>(margin.loss);
  const float slope = s.upstream / static_cast<float>(s.batch) * margin.slope;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) {
    const std::int64_t at = j * s.d + c;
    if (s.dUser != nullptr) s.dUser[at] = slope * (positive[c] - negative[c]);
    if (s.dPositive != nullptr) s.dPositive[at] = slope * user[c];
    if (s.dNegative != nullptr) s.dNegative[at] = -(slope * user[c]);
  }
}

// -- the step on the rows of one table -------------------------------------------------------------------------------------

__device__ const float* rowOf(const BprStep& s, std::int64_t position) { return s.table + s.nodes[position] * s.d; }

struct TripleSums {
  float margin;
  double squares;  // of the three rows
};

__device__ TripleSums tripleSums(const BprStep& s, std::int64_t j, const RowBlocks& blocks) {
  const float* user = rowOf(s, j);
  const float* positive = rowOf(s, s.batch + j);
  const float* negative = rowOf(s, 2 * s.batch + j);
  const float margin = marginOf(user, positive, negative, s.d, blocks.own(j, 0));
  if (s.l2 == 0.0f && blocks.data == nullptr) return {margin, 0.0};
  const auto square = [](float x) { return static_cast<double>(x) * static_cast<double>(x); };
  return {margin, sumColumns(s.d, [=](std::int64_t c) { return square(user[c]) + square(positive[c]) + square(negative[c]); }, blocks.own(j, 1))};
}

/** The first half of a step on some of the columns. */
__global__ void __launch_bounds__(blockThreads) tripleBlocks(BprStep s, RowBlocks blocks) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j < s.batch) tripleSums(s, j, blocks);
}

/** losses[batch], and the slopes [batch] of the mean. */
__global__ void __launch_bounds__(blockThreads) lossesAndSlopes(BprStep s, RowBlocks blocks, double* losses) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.batch) return;
  const TripleSums sums = blocks.data == nullptr ? tripleSums(s, j, blocks) : TripleSums{static_cast<float>(blocks.sum(j, 0)), blocks.sum(j, 1)};
  if (laneOf() != 0) return;
  const Margin margin = lossOf(sums.margin);
  losses[j] = static_cast<double>(margin.loss) + 0.5 * static_cast<double>(s.l2) * sums.squares;
  s.slopes[j] = margin.slope * (1.0f / static_cast<float>(s.batch));
}

/** A warp adds up the contributions of one run of equal rows, and the decay of the row once for each. */
__global__ void __launch_bounds__(blockThreads) addRuns(BprStep s) {
  const std::int64_t r = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (r >= s.segments) return;
  const std::int64_t first = s.segmentOffsets[r], last = s.segmentOffsets[r + 1];
  if (first == last) return;
  const float decay = s.l2 * (1.0f / static_cast<float>(s.batch)) * static_cast<float>(last - first);
  const float* row = s.table + s.segmentIds[r] * s.d;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) {
    float total = 0.0f;
    for (std::int64_t k = first; k < last; ++k) {
      const std::int64_t position = s.order[k];
      if (position < s.batch) {
        const float slope = s.slopes[position];
        total = fmaf(slope, rowOf(s, s.batch + position)[c], total);
        total = fmaf(-slope, rowOf(s, 2 * s.batch + position)[c], total);
      } else {
        const bool isPositive = position < 2 * s.batch;
        const std::int64_t j = position - (isPositive ? s.batch : 2 * s.batch);
        total = fmaf(isPositive ? s.slopes[j] : -s.slopes[j], rowOf(s, j)[c], total);
      }
    }
    s.dRows[r * s.d + c] = fmaf(decay, row[c], total);
  }
}

}  // namespace

void bpr(const Bpr& s, Context& context) {
  const RowBlocks blocks = rowBlocks(context, s.batch, s.d, 1);
  const unsigned grid = blocksFor(s.batch, blockWarps);
  if (context.share().phase == ColumnShare::Phase::blocks) {
    AMR_LAUNCH(context, marginBlocks, grid, blockThreads, s, blocks);
    return;
  }
  const Scratch<double> losses(context, s.batch);
  AMR_LAUNCH(context, lossesAndGradients, grid, blockThreads, s, blocks, losses.data());
  sumDoubles(s.loss, losses.data(), s.batch, 1.0, static_cast<double>(s.batch), context);
}

void bprStep(const BprStep& s, Context& context) {
  const RowBlocks blocks = rowBlocks(context, s.batch, s.d, 2);
  const unsigned grid = blocksFor(s.batch, blockWarps);
  if (context.share().phase == ColumnShare::Phase::blocks) {
    AMR_LAUNCH(context, tripleBlocks, grid, blockThreads, s, blocks);
    return;
  }
  const Scratch<double> losses(context, s.batch);
  AMR_LAUNCH(context, lossesAndSlopes, grid, blockThreads, s, blocks, losses.data());
  sumDoubles(s.loss, losses.data(), s.batch, 1.0, static_cast<double>(s.batch), context);
  if (s.segments > 0) AMR_LAUNCH(context, addRuns, blocksFor(s.segments, blockWarps), blockThreads, s);
}

}  // namespace amr::cuda
