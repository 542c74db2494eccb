// Sums over everything: sum, dot, addRowSums, sumDoubles for losses, addSlices for what was summed apart. Pieces are cut by size alone, each is summed by one
// block in a fixed tree, and one block adds the pieces in order: the same bits on every card.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

constexpr std::int64_t elementsPerPiece = 8192;

/** The sum of one value per thread of the block, in thread 0. */
__device__ double blockSum(double value) {
  __shared__ double warps[blockWarps];
  value = warpSum(value);
  if (laneOf() == 0) warps[warpOf()] = value;
  __syncthreads();
  double total = 0.0;
  if (threadIdx.x == 0) {
    for (int warp = 0; warp < blockWarps; ++warp) total += warps[warp];
  }
  return total;
}

struct Value {
  const float* x;
  __device__ double operator()(std::int64_t i, double total) const { return total + static_cast<double>(x[i]); }
};
struct ValueProduct {
  const float* a;
  const float* b;
  __device__ double operator()(std::int64_t i, double total) const {
    return fma(static_cast<double>(a[i]), static_cast<double>(b[i]), total);
  }
};

template <class Term>
__global__ void __launch_bounds__(blockThreads) sumPieces(double* pieces, Term term, std::int64_t n) {
  const std::int64_t begin = std::int64_t{blockIdx.x} * elementsPerPiece, end = smaller(begin + elementsPerPiece, n);
  double total = 0.0;
  for (std::int64_t i = begin + threadIdx.x; i < end; i += blockThreads) total = term(i, total);
  total = blockSum(total);
  if (threadIdx.x == 0) pieces[blockIdx.x] = total;
}

__global__ void __launch_bounds__(blockThreads) addPieces(float* out, const double* values, std::int64_t n, double scale,
                                                          double divisor, const std::int32_t* count) {
  double total = 0.0;
  for (std::int64_t i = threadIdx.x; i < n; i += blockThreads) total += values[i];
  total = blockSum(total);
  if (count != nullptr) divisor = fmin(divisor, static_cast<double>(*count));
  if (threadIdx.x == 0) out[0] = static_cast<float>(scale * total / divisor);
}

template <class Term>
void sumTerms(float* out, Term term, std::int64_t n, float alpha, Context& context) {
  const std::int64_t count = ceilDivide(n, elementsPerPiece);
  const Scratch<double> pieces(context, count);
  if (count > 0) AMR_LAUNCH(context, (sumPieces<Term>), static_cast<unsigned>(count), blockThreads, pieces.data(), term, n);
  sumDoubles(out, pieces.data(), count, static_cast<double>(alpha), 1.0, context);
}

constexpr int columnsAtOnce = 32, rowsAtOnce = blockThreads / columnsAtOnce;
constexpr std::int64_t rowsPerPiece = 256;

/** pieces[piece, d] = the sum of the piece's rows; a block has 32 columns, its 8 warps take turns at the rows. */
__global__ void __launch_bounds__(blockThreads) sumPieceRows(float* pieces, const float* x, std::int64_t n, std::int64_t d) {
  __shared__ float part[rowsAtOnce][columnsAtOnce];
  const std::int64_t column = std::int64_t{blockIdx.x} * columnsAtOnce + laneOf();
  const std::int64_t begin = std::int64_t{blockIdx.y} * rowsPerPiece, end = smaller(begin + rowsPerPiece, n);
  float total = 0.0f;
  if (column < d) {
    for (std::int64_t row = begin + warpOf(); row < end; row += rowsAtOnce) total += x[row * d + column];
  }
  part[warpOf()][laneOf()] = total;
  __syncthreads();
  if (warpOf() != 0 || column >= d) return;
  for (int row = 1; row < rowsAtOnce; ++row) total += part[row][laneOf()];
  pieces[blockIdx.y * d + column] = total;
}

__global__ void __launch_bounds__(blockThreads) addPieceRows(float* out, const float* pieces, std::int64_t count, std::int64_t d) {
  const std::int64_t column = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (column >= d) return;
  float total = 0.0f;
  for (std::int64_t piece = 0; piece < count; ++piece) total += pieces[piece * d + column];
  out[column] += total;
}

__global__ void __launch_bounds__(blockThreads) addSlicesOf(float* out, const float* parts, std::int64_t n, std::int64_t slices,
                                                            float alpha, float beta) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i >= n) return;
  float total = 0.0f;
  for (std::int64_t slice = 0; slice < slices; ++slice) total += parts[slice * n + i];
  out[i] = beta == 0.0f ? alpha * total : fmaf(beta, out[i], alpha * total);
}

}  // namespace

void addSlices(float* out, const float* parts, std::int64_t n, std::int64_t slices, float alpha, float beta, Context& context) {
  AMR_LAUNCH(context, addSlicesOf, blocksFor(n, blockThreads), blockThreads, out, parts, n, slices, alpha, beta);
}

void sumDoubles(float* out, const double* values, std::int64_t n, double scale, double divisor, Context& context,
                const std::int32_t* count) {
  AMR_LAUNCH(context, addPieces, 1, blockThreads, out, values, n, scale, divisor, count);
}

void sum(const Sum& s, Context& context) { sumTerms(s.out, Value{s.x}, s.n, s.alpha, context); }
void dot(const Dot& s, Context& context) { sumTerms(s.out, ValueProduct{s.a, s.b}, s.n, s.alpha, context); }

void addRowSums(const AddRowSums& s, Context& context) {
  if (s.n == 0) return;
  // The second dimension of a grid ends at 65,535; larger sets are summed in several rounds.
  constexpr std::int64_t mostPieces = 65535;
  const Scratch<float> pieces(context, smaller(ceilDivide(s.n, rowsPerPiece), mostPieces) * s.d);
  for (std::int64_t begin = 0; begin < s.n; begin += mostPieces * rowsPerPiece) {
    const std::int64_t rows = smaller(s.n - begin, mostPieces * rowsPerPiece), count = ceilDivide(rows, rowsPerPiece);
    const dim3 grid(blocksFor(s.d, columnsAtOnce), static_cast<unsigned>(count));
    AMR_LAUNCH(context, sumPieceRows, grid, blockThreads, pieces.data(), s.x + begin * s.d, rows, s.d);
    AMR_LAUNCH(context, addPieceRows, blocksFor(s.d, blockThreads), blockThreads, s.out, pieces.data(), count, s.d);
  }
}

}  // namespace amr::cuda
