// Sparse propagation: spmm, spmmRows, lightgcnReadout, neighbourMean.
//
// A warp owns one row of the result and one slice of columns. Its lanes form groups; each group reads one neighbour's slice
// as 16-byte loads, four neighbours ahead, so that 4 * groups rows are in flight per warp. The groups' sums meet in a fixed
// order. Rows of more than `longRow` entries would keep one warp busy long after the others: their entries are cut where
// entry numbers are multiples of `longRow`, the pieces are summed by warps of their own and added in order.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr std::int64_t longRow = 512;
constexpr int inFlight = 4;

template <int width>
struct Lanes {
  float v[width];
};

template <int width>
__device__ Lanes<width> loadLanes(const float* x) {
  Lanes<width> lanes;
  if constexpr (width == 4) {
    const float4 four = *reinterpret_cast<const float4*>(x);
    lanes.v[0] = four.x, lanes.v[1] = four.y, lanes.v[2] = four.z, lanes.v[3] = four.w;
  } else {
    lanes.v[0] = *x;
  }
  return lanes;
}

template <int width>
__device__ void storeLanes(float* out, const Lanes<width>& lanes) {
  if constexpr (width == 4) {
    *reinterpret_cast<float4*>(out) = make_float4(lanes.v[0], lanes.v[1], lanes.v[2], lanes.v[3]);
  } else {
    *out = lanes.v[0];
  }
}

/** Entries as spmm has them: an index and a weight each; null weights are ones. */
struct Entries {
  const std::int32_t* indices;
  const float* values;
};

/** What becomes of a row's sum: out = alpha * (total + start) + beta * out; start may be null. */
struct Epilogue {
  float* out;
  const float* start;
  float alpha, beta;
};

/**
 * The warp's sum over entries [begin, end) of weight * x[index, column..column + width), in every group. Lanes whose column is
 * beyond d take part in the shuffles with zeros.
 */
template <int width, int lanesPerRow>
__device__ Lanes<width> sumEntries(Entries a, const float* x, std::int64_t d, std::int64_t column, std::int64_t begin,
                                   std::int64_t end) {
  constexpr int groups = warpLanes / lanesPerRow;
  Lanes<width> total{};
  const bool isInside = column < d;
  for (std::int64_t e = begin + laneOf() / lanesPerRow; e < end; e += groups * inFlight) {
    Lanes<width> rows[inFlight];
    float weights[inFlight];
#pragma unroll
    for (int j = 0; j < inFlight; ++j) {
      const std::int64_t at = e + j * groups;
      weights[j] = 0.0f;
      rows[j] = Lanes<width>{};
      if (at < end && isInside) {
        weights[j] = a.values == nullptr ? 1.0f : a.values[at];
        rows[j] = loadLanes<width>(x + a.indices[at] * d + column);
      }
    }
#pragma unroll
    for (int j = 0; j < inFlight; ++j) {
#pragma unroll
      for (int c = 0; c < width; ++c) total.v[c] = fmaf(weights[j], rows[j].v[c], total.v[c]);
    }
  }
#pragma unroll
  for (int flip = lanesPerRow; flip < warpLanes; flip *= 2) {
#pragma unroll
    for (int c = 0; c < width; ++c) total.v[c] += __shfl_xor_sync(wholeWarp, total.v[c], flip);
  }
  return total;
}

template <int width, int lanesPerRow>
__device__ std::int64_t columnOf() {
  return (std::int64_t{blockIdx.y} * lanesPerRow + laneOf() % lanesPerRow) * width;
}

/** Writes one row's slice; one group does it. */
template <int width, int lanesPerRow>
__device__ void finishRow(const Epilogue& s, Lanes<width> total, std::int64_t row, std::int64_t d, std::int64_t column) {
  if (laneOf() >= lanesPerRow || column >= d) return;
  const std::int64_t at = row * d + column;
  if (s.start != nullptr) {
    const Lanes<width> start = loadLanes<width>(s.start + at);
    for (int c = 0; c < width; ++c) total.v[c] += start.v[c];
  }
  Lanes<width> old{};
  if (s.beta != 0.0f) old = loadLanes<width>(s.out + at);  // otherwise the old values are not read: they may be NaN
  for (int c = 0; c < width; ++c) total.v[c] = s.beta == 0.0f ? s.alpha * total.v[c] : fmaf(s.beta, old.v[c], s.alpha * total.v[c]);
  storeLanes<width>(s.out + at, total);
}

/** The row that holds entry `e`: the last one that begins at or before it and is not empty there. */
__device__ std::int64_t rowOfEntry(const std::int32_t* offsets, std::int64_t rows, std::int64_t e) {
  std::int64_t low = 0, high = rows;
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    if (offsets[middle] <= e) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * partial[piece, which, d] = the sum of a long row's entries in [piece * longRow, (piece + 1) * longRow). Two long rows may
 * meet in a piece, never three: `which` is 0 for the row that began in an earlier piece, 1 for the one that begins here.
 */
template <int width, int lanesPerRow>
__device__ void sumPiece(float* partial, const Csr& a, const float* x, std::int64_t d, std::int64_t piece) {
  const std::int64_t begin = piece * longRow, end = smaller(begin + longRow, a.nnz), column = columnOf<width, lanesPerRow>();
  const auto sumOf = [&](std::int64_t row, int which) {
    const std::int64_t first = a.offsets[row], last = a.offsets[row + 1];
    if (last - first <= longRow) return;
    const auto total = sumEntries<width, lanesPerRow>({a.indices, a.values}, x, d, column, larger(first, begin), smaller(last, end));
    if (laneOf() < lanesPerRow && column < d) storeLanes<width>(partial + (2 * piece + which) * d + column, total);
  };
  const std::int64_t left = rowOfEntry(a.offsets, a.rows, begin), right = rowOfEntry(a.offsets, a.rows, end - 1);
  if (a.offsets[left] < begin) sumOf(left, 0);
  if (a.offsets[right] >= begin) sumOf(right, 1);
}

/** Warps below `rows` own a row, those above a piece of entries. */
template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) propagate(Epilogue s, Csr a, const float* x, std::int64_t d, float* partial) {
  const std::int64_t warp = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (warp >= a.rows) {
    if ((warp - a.rows) * longRow < a.nnz && a.nnz > longRow) sumPiece<width, lanesPerRow>(partial, a, x, d, warp - a.rows);
    return;
  }
  const std::int64_t begin = a.offsets[warp], end = a.offsets[warp + 1], column = columnOf<width, lanesPerRow>();
  if (end - begin > longRow) return;
  const auto total = sumEntries<width, lanesPerRow>({a.indices, a.values}, x, d, column, begin, end);
  finishRow<width, lanesPerRow>(s, total, warp, d, column);
}

/** The long rows from their pieces, in the order of the entries. */
template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) joinLongRows(Epilogue s, Csr a, std::int64_t d, const float* partial) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= a.rows) return;
  const std::int64_t begin = a.offsets[row], end = a.offsets[row + 1], column = columnOf<width, lanesPerRow>();
  if (end - begin <= longRow || laneOf() >= lanesPerRow || column >= d) return;
  Lanes<width> total{};
  for (std::int64_t piece = begin / longRow; piece * longRow < end; ++piece) {
    const int which = begin >= piece * longRow ? 1 : 0;
    const auto part = loadLanes<width>(partial + (2 * piece + which) * d + column);
    for (int c = 0; c < width; ++c) total.v[c] += part.v[c];
  }
  finishRow<width, lanesPerRow>(s, total, row, d, column);
}

/** out[j] = alpha * A[rowIds[j]] x + beta * out[j]; the row's own warp takes all of its entries. */
template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) propagateRows(SpmmRows s) {
  const std::int64_t j = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (j >= s.m) return;
  const std::int64_t row = s.rowIds[j], column = columnOf<width, lanesPerRow>();
  const auto total =
      sumEntries<width, lanesPerRow>({s.a.indices, s.a.values}, s.x, s.d, column, s.a.offsets[row], s.a.offsets[row + 1]);
  finishRow<width, lanesPerRow>({s.out, nullptr, s.alpha, s.beta}, total, j, s.d, column);
}

template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) averageRows(NeighbourMean s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const std::int64_t column = columnOf<width, lanesPerRow>();
  const auto total = sumEntries<width, lanesPerRow>({s.neighbours, nullptr}, s.x, s.d, column, row * s.k, (row + 1) * s.k);
  finishRow<width, lanesPerRow>({s.out, nullptr, s.alpha / static_cast<float>(s.k), s.beta}, total, row, s.d, column);
}

/** The grid: rows by warps, slices of columns in the second dimension. */
template <int width, int lanesPerRow>
dim3 gridFor(std::int64_t rows, std::int64_t d) {
  return dim3(blocksFor(rows, blockWarps), blocksFor(d, width * lanesPerRow));
}

template <int width_, int lanesPerRow_>
struct LaneShape {
  static constexpr int width = width_, lanesPerRow = lanesPerRow_;
};

/** Calls run with the shape a row of d floats needs, as a compile-time constant. */
template <class Run>
void withLanes(std::int64_t d, bool fours, Run run) {
  if (!fours) return run(LaneShape<1, 32>());
  if (d <= 32) return run(LaneShape<4, 8>());
  if (d <= 64) return run(LaneShape<4, 16>());
  return run(LaneShape<4, 32>());
}

/** One product with a matrix; `partial` holds 2 * d floats per piece. */
void multiplyBy(const Csr& a, const float* x, std::int64_t d, const Epilogue& epilogue, float* partial, Context& context) {
  const std::int64_t pieces = a.nnz > longRow ? ceilDivide(a.nnz, longRow) : 0;
  const bool fours = inFours(d, epilogue.out, x, epilogue.start);
  withLanes(d, fours, [&](auto shape) {
    constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
    const dim3 grid = gridFor<width, lanesPerRow>(a.rows + pieces, d);
    AMR_LAUNCH(context, (propagate<width, lanesPerRow>), grid, blockThreads, epilogue, a, x, d, partial);
    if (pieces == 0) return;
    const dim3 joins = gridFor<width, lanesPerRow>(a.rows, d);
    AMR_LAUNCH(context, (joinLongRows<width, lanesPerRow>), joins, blockThreads, epilogue, a, d, partial);
  });
}

std::int64_t partialFloats(const Csr& a, std::int64_t d) { return a.nnz > longRow ? 2 * ceilDivide(a.nnz, longRow) * d : 0; }

}  // namespace

void spmm(const Spmm& s, Context& context) {
  if (s.a.rows == 0) return;
  const Scratch<float> partial(context, partialFloats(s.a, s.d));
  multiplyBy(s.a, s.x, s.d, {s.out, nullptr, s.alpha, s.beta}, partial.data(), context);
}

void spmmRows(const SpmmRows& s, Context& context) {
  if (s.m == 0) return;
  withLanes(s.d, inFours(s.d, s.out, s.x), [&](auto shape) {
    constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
    const dim3 grid = gridFor<width, lanesPerRow>(s.m, s.d);
    AMR_LAUNCH(context, (propagateRows<width, lanesPerRow>), grid, blockThreads, s);
  });
}

void neighbourMean(const NeighbourMean& s, Context& context) {
  if (s.n == 0) return;
  withLanes(s.d, inFours(s.d, s.out, s.x), [&](auto shape) {
    constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
    const dim3 grid = gridFor<width, lanesPerRow>(s.n, s.d);
    AMR_LAUNCH(context, (averageRows<width, lanesPerRow>), grid, blockThreads, s);
  });
}

/** Horner's rule as on the CPU: S_0 = e0, S_{l+1} = e0 + A S_l, the last one times the weight. */
void lightgcnReadout(const LightgcnReadout& s, Context& context) {
  if (s.a.rows == 0) return;
  const std::int64_t floats = s.a.rows * s.d;
  if (s.layers == 0) return axpby({s.out, s.e0, floats, s.weight, 0.0f}, context);
  const Scratch<float> partial(context, partialFloats(s.a, s.d));
  float* const buffers[2] = {s.scratch, s.scratch + floats};
  const float* current = s.e0;
  for (std::int64_t layer = 1; layer < s.layers; ++layer) {
    multiplyBy(s.a, current, s.d, {buffers[layer % 2], s.e0, 1.0f, 0.0f}, partial.data(), context);
    current = buffers[layer % 2];
  }
  multiplyBy(s.a, current, s.d, {s.out, s.e0, s.weight, 0.0f}, partial.data(), context);
}

}  // namespace amr::cuda
