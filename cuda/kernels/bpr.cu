// BPR: bpr on gathered rows, and bprStep on whole tables. The step sorts (id, position) pairs (sort.h); then one warp adds up
// each run of equal ids in the order of positions. So the same sum in the same order every time, without atomics.
#include "kernels/kernels.h"
#include "launch.cuh"
#include "sort.h"

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

/** dot(user, positive - negative), in every lane. */
__device__ float marginOf(const float* user, const float* positive, const float* negative, std::int64_t d) {
  float total = 0.0f;
  for (std::int64_t c = laneOf(); c < d; c += warpLanes) total = fmaf(user[c], positive[c] - negative[c], total);
  return warpSum(total);
}

__global__ void __launch_bounds__(blockThreads) lossesAndGradients(Bpr s, double* losses) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.batch) return;
  const float* user = s.user + j * s.d;
  const float* positive = s.positive + j * s.d;
  const float* negative = s.negative + j * s.d;
  const Margin margin = lossOf(marginOf(user, positive, negative, s.d));
  if (laneOf() == 0) losses[j] = static_cast<double>(margin.loss);
  const float slope = s.upstream / static_cast<float>(s.batch) * margin.slope;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) {
    const std::int64_t at = j * s.d + c;
    if (s.dUser != nullptr) s.dUser[at] = slope * (positive[c] - negative[c]);
    if (s.dPositive != nullptr) s.dPositive[at] = slope * user[c];
    if (s.dNegative != nullptr) s.dNegative[at] = -(slope * user[c]);
  }
}

// -- the step on whole tables ----------------------------------------------------------------------------------------

__device__ double squaredLength(const float* x, std::int64_t d) {
  double total = 0.0;
  for (std::int64_t c = laneOf(); c < d; c += warpLanes) total = fma(static_cast<double>(x[c]), static_cast<double>(x[c]), total);
  return warpSum(total);
}

/** losses[batch], and in s.scratch the slopes [batch] of the mean. */
__global__ void __launch_bounds__(blockThreads) lossesAndSlopes(BprStep s, double* losses) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.batch) return;
  const float* user = s.users + s.userIds[j] * s.d;
  const float* positive = s.items + s.positiveIds[j] * s.d;
  const float* negative = s.items + s.negativeIds[j] * s.d;
  const Margin margin = lossOf(marginOf(user, positive, negative, s.d));
  double loss = static_cast<double>(margin.loss);
  if (s.l2 != 0.0f) {
    const double squares = squaredLength(user, s.d) + squaredLength(positive, s.d) + squaredLength(negative, s.d);
    loss += 0.5 * static_cast<double>(s.l2) * squares;
  }
  if (laneOf() != 0) return;
  losses[j] = loss;
  s.scratch[j] = margin.slope * (1.0f / static_cast<float>(s.batch));
}

/** The table side of the step: which gradients, from which rows. */
struct Table {
  float* gradients;
  const float* rows;
  bool isUsers;
};

/** A warp whose key begins a run of equal ids adds the run's contributions, and the decay of its row once for each. */
__global__ void __launch_bounds__(blockThreads) addRuns(BprStep s, Table table, const IdKey* keys, std::int64_t n) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (i >= n) return;
  const unsigned id = static_cast<unsigned>(keys[i] >> 32);
  if (i > 0 && static_cast<unsigned>(keys[i - 1] >> 32) == id) return;
  std::int64_t last = i + 1;
  while (last < n && static_cast<unsigned>(keys[last] >> 32) == id) ++last;
  const float decay = s.l2 * (1.0f / static_cast<float>(s.batch)) * static_cast<float>(last - i);
  const std::int64_t row = std::int64_t{id} * s.d;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) {
    float total = table.gradients[row + c];
    for (std::int64_t k = i; k < last; ++k) {
      const std::int64_t at = static_cast<std::int64_t>(keys[k] & 0xffffffffu), j = at < s.batch ? at : at - s.batch;
      const float slope = s.scratch[j];
      if (table.isUsers) {
        total = fmaf(slope, s.items[s.positiveIds[j] * s.d + c], total);
        total = fmaf(-slope, s.items[s.negativeIds[j] * s.d + c], total);
      } else {
        total = fmaf(at < s.batch ? slope : -slope, s.users[s.userIds[j] * s.d + c], total);
      }
    }
    table.gradients[row + c] = fmaf(decay, table.rows[row + c], total);
  }
}

void scatter(const BprStep& s, const Table& table, const std::int32_t* first, const std::int32_t* second, std::int64_t n,
             Context& context) {
  const Scratch<IdKey> one(context, n), two(context, n);
  const IdKey* keys = sortByIds(one.data(), two.data(), first, second, s.batch, n, context);
  AMR_LAUNCH(context, addRuns, blocksFor(n, blockWarps), blockThreads, s, table, keys, n);
}

}  // namespace

void bpr(const Bpr& s, Context& context) {
  const Scratch<double> losses(context, s.batch);
  AMR_LAUNCH(context, lossesAndGradients, blocksFor(s.batch, blockWarps), blockThreads, s, losses.data());
  sumDoubles(s.loss, losses.data(), s.batch, 1.0, static_cast<double>(s.batch), context);
}

void bprStep(const BprStep& s, Context& context) {
  const Scratch<double> losses(context, s.batch);
  AMR_LAUNCH(context, lossesAndSlopes, blocksFor(s.batch, blockWarps), blockThreads, s, losses.data());
  sumDoubles(s.loss, losses.data(), s.batch, 1.0, static_cast<double>(s.batch), context);
  scatter(s, {s.dUsers, s.users, true}, s.userIds, nullptr, s.batch, context);
  scatter(s, {s.dItems, s.items, false}, s.positiveIds, s.negativeIds, 2 * s.batch, context);
}

}  // namespace amr::cuda
