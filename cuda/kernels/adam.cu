// Adam: every element of a table (adam), of many tables in a step that the card counts (adamTables), or some rows with the steps they
// waited for (adamRows), with the same bits.
#include <cmath>

#include "elements.cuh"
#include "kernels/kernels.h"

namespace amr::cuda {
namespace {

/** A product that is rounded, whatever it is added to: host and card must correct by the same number. */
__host__ __device__ double roundedProduct(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

/** base^exponent by squaring, as on the CPU. */
__host__ __device__ double power(double base, std::int64_t exponent) {
  double result = 1.0;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = roundedProduct(result, base);
    base = roundedProduct(base, base);
  }
  return result;
}

/** What changes from step to step: the learning rate over the correction of m, and one over the root of that of v. */
struct AdamRates {
  float rate, correction;
};

__host__ __device__ AdamRates ratesOf(const AdamSettings& s, std::int64_t step) {
  return {static_cast<float>(s.learningRate / (1.0 - power(s.beta1, step))),
          static_cast<float>(1.0 / sqrt(1.0 - power(s.beta2, step)))};
}

struct AdamElement {
  float parameter, m, v;
};

/** The settings in float32, and one step of one element. Fused operations are named, so that both kernels round alike. */
struct AdamStep {
  float beta1, beta2, rest1, rest2, epsilon, keep;
  __host__ __device__ explicit AdamStep(const AdamSettings& s)
      : beta1(static_cast<float>(s.beta1)),
        beta2(static_cast<float>(s.beta2)),
        rest1(static_cast<float>(1.0 - s.beta1)),
        rest2(static_cast<float>(1.0 - s.beta2)),
        epsilon(static_cast<float>(s.epsilon)),
        keep(static_cast<float>(1.0 - roundedProduct(s.learningRate, s.weightDecay))) {}

  __device__ void move(AdamElement& x, float gradient, AdamRates rates) const {
    x.m = fmaf(beta1, x.m, rest1 * gradient);
    x.v = fmaf(beta2, x.v, rest2 * gradient * gradient);
    x.parameter = fmaf(x.parameter, keep, -(rates.rate * x.m / fmaf(sqrtf(x.v), rates.correction, epsilon)));
  }
};

/** A step of one element on its own: reads parameter, m, v and gradient; writes the first three. */
struct AdamOperation {
  static constexpr int inputs = 4, outputs = 3;
  AdamStep step;
  AdamRates rates;
  __device__ void operator()(const float (&x)[4], float (&out)[3]) const {
    AdamElement element{x[0], x[1], x[2]};
    step.move(element, x[3], rates);
    out[0] = element.parameter;
    out[1] = element.m;
    out[2] = element.v;
  }
};

/**
 * A warp brings a row up to date. Lane i works out the rates of the i-th next step and hands them round, so that the powers of
 * 32 steps cost as much as those of one.
 */
__global__ void __launch_bounds__(blockThreads) moveRows(AdamRows s, AdamStep step) {
  if (s.clock != nullptr) s.step = *s.clock;
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.listed) return;
  const std::int64_t row = s.rowIds == nullptr ? j : s.rowIds[j];
  if (s.rowIds != nullptr && j > 0 && s.rowIds[j - 1] == row) return;
  const std::int64_t found = s.stepsTaken == nullptr ? s.step : s.stepsTaken[row], taken = found < 0 ? s.step : smaller(found, s.step);
  const std::int64_t lastWithout = s.gradient == nullptr ? s.step : s.step - 1;
  const AdamRates last = ratesOf(s.settings, s.step);
  for (std::int64_t first = 0; first < s.d; first += warpLanes) {
    const std::int64_t c = first + laneOf(), at = row * s.d + c;
    const bool isInside = c < s.d;
    AdamElement x{};
    if (isInside) x = {s.parameter[at], s.m[at], s.v[at]};
    for (std::int64_t begin = taken; begin < lastWithout; begin += warpLanes) {
      const AdamRates own = ratesOf(s.settings, begin + 1 + laneOf());
      const int steps = static_cast<int>(smaller(warpLanes, lastWithout - begin));
      for (int t = 0; t < steps; ++t) {
        step.move(x, 0.0f, {__shfl_sync(wholeWarp, own.rate, t), __shfl_sync(wholeWarp, own.correction, t)});
      }
    }
    if (!isInside) continue;
    if (s.gradient != nullptr) step.move(x, s.gradient[j * s.d + c], last);
    s.parameter[at] = x.parameter;
    s.m[at] = x.m;
    s.v[at] = x.v;
  }
  __syncwarp();  // every lane has read the count
  if (laneOf() == 0 && s.stepsTaken != nullptr) s.stepsTaken[row] = static_cast<std::int32_t>(s.step);
}

constexpr int mostTables = 32;

/** Tables for one launch: table t has the blocks from firstBlock[t] on. */
struct Tables {
  AdamTable table[mostTables];
  unsigned firstBlock[mostTables];
  int count;
};

/** The step of many tables at once; which one it is the card knows. */
__global__ void __launch_bounds__(blockThreads) moveTables(Tables s, const std::int32_t* clock) {
  __shared__ AdamRates rates;
  int t = 0;
  while (t + 1 < s.count && s.firstBlock[t + 1] <= blockIdx.x) ++t;
  const AdamTable table = s.table[t];
  if (threadIdx.x == 0) rates = ratesOf(table.settings, *clock);
  __syncthreads();
  const AdamOperation operation{AdamStep(table.settings), rates};
  const Elements<AdamOperation> elements{operation, {table.parameter, table.m, table.v, table.gradient}, {table.parameter, table.m, table.v}};
  const std::int64_t begin = (std::int64_t{blockIdx.x - s.firstBlock[t]} * blockThreads + threadIdx.x) * elementsPerThread;
  if (table.isInFours && begin + elementsPerThread <= table.n) return applyAt<elementsPerThread>(elements, begin);
  const std::int64_t end = smaller(begin + elementsPerThread, table.n);
  for (std::int64_t i = begin; i < end; ++i) applyAt<1>(elements, i);
}

}  // namespace

void adamTables(const std::vector<AdamTable>& tables, const std::int32_t* clock, Context& context) {
  for (std::size_t first = 0; first < tables.size(); first += mostTables) {
    Tables some{};
    unsigned blocks = 0;
    for (std::size_t t = first; t < tables.size() && some.count < mostTables; ++t) {
      AdamTable table = tables[t];
      table.isInFours = inFours(elementsPerThread, table.parameter, table.m, table.v) && inFours(elementsPerThread, table.gradient);
      some.table[some.count] = table;
      some.firstBlock[some.count++] = blocks;
      blocks += blocksFor(table.n, std::int64_t{blockThreads} * elementsPerThread);
    }
    if (blocks > 0) AMR_LAUNCH(context, moveTables, blocks, blockThreads, some, clock);
  }
}

void adam(const Adam& s, Context& context) {
  const AdamOperation operation{AdamStep(s.settings), ratesOf(s.settings, s.step)};
  forElements(context, s.n, Elements<AdamOperation>{operation, {s.parameter, s.m, s.v, s.gradient}, {s.parameter, s.m, s.v}});
}

void adamRows(const AdamRows& s, Context& context) {
  if (s.listed == 0) return;
  AMR_LAUNCH(context, moveRows, blocksFor(s.listed, blockWarps), blockThreads, s, AdamStep(s.settings));
}

}  // namespace amr::cuda
