// Sparse propagation: spmm, spmmRows, lightgcnReadout, neighbourMean, entryDots, and scatterRows, whose segments are rows of a matrix too.
// How warps share rows: cuda/README.md#sparse-rows.
#include "kernels/kernels.h"
#include "lanes.cuh"

namespace amr::cuda {
namespace {

constexpr std::int64_t longRow = 128;

/** Entries of neighbour lists in one launch: as many as sumEntries counts. The emulation sets fewer, to launch several times. */
#if defined(AMR_MOST_LISTED)
constexpr std::int64_t mostListed = AMR_MOST_LISTED;
#else
constexpr std::int64_t mostListed = std::int64_t{1} << 31;
#endif

/** Which rows of the matrix are summed: null ids for all. `marks` [rows] has a 1 at each of them, null for all. */
struct Selection {
  const std::int32_t* ids;
  std::int64_t count;
  const unsigned char* marks;

  __device__ std::int64_t row(std::int64_t position) const { return ids == nullptr ? position : ids[position]; }
  __device__ bool has(std::int64_t row) const { return marks == nullptr || marks[row] != 0; }
};

/**
 * What becomes of the sum at a position of the selection: out = alpha * (total + start) + beta * out, in the row of that
 * position or, where outRows is not null, in row outRows[position]; start may be null.
 */
struct Epilogue {
  float* out;
  const float* start;
  float alpha, beta;
  const std::int32_t* outRows;
};

/** Writes one row's slice; one group does it. */
template <int width, int lanesPerRow>
__device__ void finishRow(const Epilogue& s, Lanes<width> total, std::int64_t position, std::int64_t d, std::int64_t column) {
  if (laneOf() >= lanesPerRow || column >= d) return;
  const std::int64_t row = s.outRows == nullptr ? position : s.outRows[position], at = row * d + column;
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

/** Where the pieces of long rows go: partial[piece, which, d], and how many of a row's are done, counted at the piece where it begins. */
struct Pieces {
  float* partial;
  std::int32_t* done;  // [count, slices of columns], zeros before and after
  std::int64_t count;
};

/** The sum of a long row's entries [begin, end) from its pieces, in the order of the entries. */
template <int width>
__device__ Lanes<width> joinPieces(const Pieces& pieces, std::int64_t begin, std::int64_t end, std::int64_t d, std::int64_t column) {
  Lanes<width> total{};
  for (std::int64_t piece = begin / longRow; piece * longRow < end; ++piece) {
    const int which = begin >= piece * longRow ? 1 : 0;
    const auto part = loadSharedLanes<width>(pieces.partial + (2 * piece + which) * d + column);
    for (int c = 0; c < width; ++c) total.v[c] += part.v[c];
  }
  return total;
}

/** Called by the warp that wrote one of the row's pieces: the last of them finishes the row. */
template <int width, int lanesPerRow>
__device__ void finishLongRow(const Epilogue& s, const Pieces& pieces, std::int64_t row, std::int64_t begin, std::int64_t end, std::int64_t d) {
  const std::int64_t first = begin / longRow, parts = (end - 1) / longRow - first + 1, column = columnOf<width, lanesPerRow>();
  std::int32_t* const done = pieces.done + first * gridDim.y + blockIdx.y;
  __threadfence();  // every lane's part is seen before it is counted
  __syncwarp();
  int before = 0;
  if (laneOf() == 0) before = atomicAdd(done, 1);
  if (__shfl_sync(wholeWarp, before, 0) + 1 < parts) return;
  __threadfence();
  if (laneOf() < lanesPerRow && column < d) {
    finishRow<width, lanesPerRow>(s, joinPieces<width>(pieces, begin, end, d, column), row, d, column);
  }
  if (laneOf() == 0) *done = 0;
}

/**
 * The sum of a long row's entries in [piece * longRow, (piece + 1) * longRow). Two long rows may meet in a piece, never three: `which` is
 * 0 for the row that began in an earlier piece, 1 for the one that begins here.
 */
template <int width, int lanesPerRow>
__device__ void sumPiece(const Epilogue& s, const Pieces& pieces, const Selection& rows, const Csr& a, const float* x, std::int64_t d,
                         std::int64_t piece) {
  const std::int64_t begin = piece * longRow, end = smaller(begin + longRow, a.nnz), column = columnOf<width, lanesPerRow>();
  const auto sumOf = [&](std::int64_t row, int which) {
    const std::int64_t first = a.offsets[row], last = a.offsets[row + 1];
    if (last - first <= longRow || !rows.has(row)) return;
    const auto total = sumEntries<width, lanesPerRow>({a.indices, a.values}, x, d, column, larger(first, begin), smaller(last, end));
    if (laneOf() < lanesPerRow && column < d) storeLanes<width>(pieces.partial + (2 * piece + which) * d + column, total);
    if (rows.ids == nullptr) finishLongRow<width, lanesPerRow>(s, pieces, row, first, last, d);
  };
  const std::int64_t left = rowOfEntry(a.offsets, a.rows, begin), right = rowOfEntry(a.offsets, a.rows, end - 1);
  if (a.offsets[left] < begin) sumOf(left, 0);
  if (a.offsets[right] >= begin) sumOf(right, 1);
}

/** Blocks a multiprocessor holds: as many as the registers of the sums leave room for without spilling them. */
template <int width, int lanesPerRow, bool hasPieces>
constexpr int propagateBlocks = hasPieces || width * lanesPerRow == 128 ? 4 : 5;

/**
 * The first warps own a piece of entries each, which are the longest work, the others a row each. Where there are no pieces, their code
 * would only take registers, and so warps.
 */
template <int width, int lanesPerRow, bool hasPieces>
__global__ void __launch_bounds__(blockThreads, propagateBlocks<width, lanesPerRow, hasPieces>)
    propagate(Epilogue s, Selection rows, Csr a, const float* x, std::int64_t d, Pieces pieces) {
  const std::int64_t warp = std::int64_t{blockIdx.x} * blockWarps + warpOf(), position = hasPieces ? warp - pieces.count : warp;
  if constexpr (hasPieces) {
    if (position < 0) return sumPiece<width, lanesPerRow>(s, pieces, rows, a, x, d, warp);
  }
  if (position >= rows.count) return;
  const std::int64_t row = rows.row(position), begin = a.offsets[row], end = a.offsets[row + 1];
  if (hasPieces && end - begin > longRow) return;
  if (begin == end && s.outRows != nullptr) return;  // an empty segment may repeat another's row (kernels.h, SortedIds)
  const std::int64_t column = columnOf<width, lanesPerRow>();
  const auto total = sumEntries<width, lanesPerRow>({a.indices, a.values}, x, d, column, begin, end);
  finishRow<width, lanesPerRow>(s, total, position, d, column);
}

/** The long rows of a selection, which may name one several times, from their pieces. */
template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) joinLongRows(Epilogue s, Selection rows, Csr a, std::int64_t d, Pieces pieces) {
  const std::int64_t position = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (position >= rows.count) return;
  const std::int64_t row = rows.row(position);
  const std::int64_t begin = a.offsets[row], end = a.offsets[row + 1], column = columnOf<width, lanesPerRow>();
  if (end - begin <= longRow || laneOf() >= lanesPerRow || column >= d) return;
  finishRow<width, lanesPerRow>(s, joinPieces<width>(pieces, begin, end, d, column), position, d, column);
}

__global__ void __launch_bounds__(blockThreads) markRows(unsigned char* marks, const std::int32_t* ids, std::int64_t count) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i < count) marks[ids[i]] = 1;  // ids may repeat: all write the same
}

template <int width, int lanesPerRow>
__global__ void __launch_bounds__(blockThreads) averageRows(NeighbourMean s) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= s.n) return;
  const std::int64_t column = columnOf<width, lanesPerRow>();
  const auto total = sumEntries<width, lanesPerRow>({s.neighbours, nullptr}, s.x, s.d, column, row * s.k, (row + 1) * s.k);
  finishRow<width, lanesPerRow>({s.out, nullptr, s.alpha / static_cast<float>(s.k), s.beta, nullptr}, total, row, s.d, column);
}

/** A warp has an entry: hub rows are as many warps as they have entries. */
__global__ void __launch_bounds__(blockThreads) dotEntries(EntryDots s) {
  const std::int64_t e = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (e >= s.pattern.nnz) return;
  const float* a = s.a + rowOfEntry(s.pattern.offsets, s.pattern.rows, e) * s.d;
  const float* b = s.b + s.pattern.indices[e] * s.d;
  double total = 0.0;
  for (std::int64_t c = laneOf(); c < s.d; c += warpLanes) total = fma(static_cast<double>(a[c]), static_cast<double>(b[c]), total);
  total = warpSum(total);
  if (laneOf() != 0) return;
  const float product = static_cast<float>(total);
  s.out[e] = s.beta == 0.0f ? product : fmaf(s.beta, s.out[e], product);
}

std::int64_t piecesOf(const Csr& a) { return a.longest > longRow ? ceilDivide(a.nnz, longRow) : 0; }

/** Room for the pieces of products with a matrix: two rows of d floats a piece. */
class PieceMemory {
 public:
  PieceMemory(const Csr& a, std::int64_t d, Context& context)
      : count_(piecesOf(a)), partial_(context, 2 * count_ * d), done_(context.counters(count_ * ceilDivide(d, warpLanes / 4))) {}
  Pieces pieces() const { return {partial_.data(), done_, count_}; }

 private:
  std::int64_t count_;
  Scratch<float> partial_;
  std::int32_t* done_;
};

/** The selected rows of one product with a matrix. */
void multiplyBy(const Csr& a, const Selection& rows, const float* x, std::int64_t d, const Epilogue& epilogue, const PieceMemory& memory,
                Context& context) {
  const Pieces pieces = memory.pieces();
  withLanes(d, inFours(d, epilogue.out, x, epilogue.start), [&](auto shape) {
    constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
    const dim3 grid = gridFor<width, lanesPerRow>(rows.count + pieces.count, d);
    if (pieces.count == 0) {
      AMR_LAUNCH(context, (propagate<width, lanesPerRow, false>), grid, blockThreads, epilogue, rows, a, x, d, pieces);
      return;
    }
    AMR_LAUNCH(context, (propagate<width, lanesPerRow, true>), grid, blockThreads, epilogue, rows, a, x, d, pieces);
    if (rows.ids == nullptr) return;
    const dim3 joins = gridFor<width, lanesPerRow>(rows.count, d);
    AMR_LAUNCH(context, (joinLongRows<width, lanesPerRow>), joins, blockThreads, epilogue, rows, a, d, pieces);
  });
}

}  // namespace

void spmm(const Spmm& s, Context& context) {
  if (s.a.rows == 0) return;
  const PieceMemory pieces(s.a, s.d, context);
  multiplyBy(s.a, {nullptr, s.a.rows, nullptr}, s.x, s.d, {s.out, nullptr, s.alpha, s.beta, nullptr}, pieces, context);
}

/** Pieces of long rows are summed once, however often a row is asked for, and only where it is asked for. */
void spmmRows(const SpmmRows& s, Context& context) {
  if (s.m == 0) return;
  const bool hasPieces = piecesOf(s.a) > 0;
  const PieceMemory pieces(s.a, s.d, context);
  const Scratch<unsigned char> marks(context, hasPieces ? s.a.rows : 0);
  if (hasPieces) {
    context.zero(marks.data(), s.a.rows);
    AMR_LAUNCH(context, markRows, blocksFor(s.m, blockThreads), blockThreads, marks.data(), s.rowIds, s.m);
  }
  multiplyBy(s.a, {s.rowIds, s.m, marks.data()}, s.x, s.d, {s.out, nullptr, s.alpha, s.beta, nullptr}, pieces, context);
}

/** The segments as a matrix of ones: row s has the entries order[segmentOffsets[s]...], its result goes to row segmentIds[s]. */
void scatterRows(const ScatterRows& s, Context& context) {
  if (s.segments == 0) return;
  const Csr segments{s.segmentOffsets, s.order, nullptr, s.segments, s.positions, s.positions, s.positions};
  const PieceMemory pieces(segments, s.d, context);
  multiplyBy(segments, {nullptr, s.segments, nullptr}, s.rows, s.d, {s.out, nullptr, s.alpha, 1.0f, s.segmentIds}, pieces,
             context);
}

void neighbourMean(const NeighbourMean& s, Context& context) {
  const std::int64_t rows = larger(1, mostListed / larger(1, s.k));
  for (std::int64_t first = 0; first < s.n; first += rows) {
    NeighbourMean some = s;
    some.n = smaller(rows, s.n - first);
    some.neighbours += first * s.k;
    some.out += first * s.d;
    withLanes(s.d, inFours(s.d, some.out, s.x), [&](auto shape) {
      constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
      const dim3 grid = gridFor<width, lanesPerRow>(some.n, s.d);
      AMR_LAUNCH(context, (averageRows<width, lanesPerRow>), grid, blockThreads, some);
    });
  }
}

void entryDots(const EntryDots& s, Context& context) {
  const std::int64_t entries = s.pattern.nnz;
  if (entries > 0) AMR_LAUNCH(context, dotEntries, blocksFor(entries, blockWarps), blockThreads, s);
}

/** Horner's rule as on the CPU: S_0 = e0, S_{l+1} = e0 + A S_l, the last one times the weight. */
void lightgcnReadout(const LightgcnReadout& s, Context& context) {
  if (s.a.rows == 0) return;
  const std::int64_t floats = s.a.rows * s.d;
  if (s.layers == 0) return axpby({s.out, s.e0, floats, s.weight, 0.0f}, context);
  const PieceMemory pieces(s.a, s.d, context);
  const Selection all{nullptr, s.a.rows, nullptr};
  float* const buffers[2] = {s.scratch, s.scratch + floats};
  const float* current = s.e0;
  for (std::int64_t layer = 1; layer < s.layers; ++layer) {
    multiplyBy(s.a, all, current, s.d, {buffers[layer % 2], s.e0, 1.0f, 0.0f, nullptr}, pieces, context);
    current = buffers[layer % 2];
  }
  multiplyBy(s.a, all, current, s.d, {s.out, s.e0, s.weight, 0.0f, nullptr}, pieces, context);
}

}  // namespace amr::cuda
