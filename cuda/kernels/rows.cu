// Rows without sums across columns: gatherRows, copyColumns, addColumns, scaleRows, scaleColumns, addBias, hypercomplex. A thread has one or four neighbouring
// columns of a row (lanes.cuh), so that neighbouring threads touch neighbouring addresses.
#include "kernels/kernels.h"
#include "lanes.cuh"

namespace amr::cuda {
namespace {

/** function.at<width>(row, column) for every `width` columns of every row. */
template <int width, int lanesPerRow, class Function>
__global__ void __launch_bounds__(blockThreads) eachSlice(Function function, std::int64_t rows, std::int64_t d) {
  const std::int64_t row = (std::int64_t{blockIdx.x} * blockThreads + threadIdx.x) / lanesPerRow;
  const std::int64_t column = columnOf<width, lanesPerRow>();
  if (row < rows && column < d) function.template at<width>(row, column);
}

template <class Function>
void forRows(Context& context, std::int64_t rows, std::int64_t d, bool fours, Function function) {
  if (rows == 0) return;
  withLanes(d, fours, [&](auto shape) {
    constexpr int width = decltype(shape)::width, lanesPerRow = decltype(shape)::lanesPerRow;
    const dim3 grid(blocksFor(rows, blockThreads / lanesPerRow), blocksFor(d, width * lanesPerRow));
    AMR_LAUNCH(context, (eachSlice<width, lanesPerRow, Function>), grid, blockThreads, function, rows, d);
  });
}

struct Gather {
  GatherRows s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    storeLanes<width>(s.out + row * s.d + column, loadLanes<width>(s.x + s.ids[row] * s.d + column));
  }
};

struct Turn {
  TakeTurns s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    storeLanes<width>(s.out + row * s.d + column, loadLanes<width>(s.x + (row * s.cards + s.card) * s.d + column));
  }
};

struct CopyBlock {
  CopyColumns s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    storeLanes<width>(s.out + row * s.width + s.at + column, loadLanes<width>(s.x + row * s.d + column));
  }
};

struct AddBlock {
  AddColumns s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    float* out = s.out + row * s.d + column;
    Lanes<width> sum = loadLanes<width>(out);
    const Lanes<width> x = loadLanes<width>(s.x + row * s.width + s.at + column);
    for (int c = 0; c < width; ++c) sum.v[c] += x.v[c];
    storeLanes<width>(out, sum);
  }
};

struct Scale {
  ScaleRows s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    Lanes<width> x = loadLanes<width>(s.x + row * s.d + column);
    const float scale = s.scale[row];
    for (int c = 0; c < width; ++c) x.v[c] *= scale;
    storeLanes<width>(s.out + row * s.d + column, x);
  }
};

struct ScaleAcross {
  ScaleColumns s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    Lanes<width> x = loadLanes<width>(s.x + row * s.d + column);
    const Lanes<width> scale = loadLanes<width>(s.scale + column);
    for (int c = 0; c < width; ++c) x.v[c] *= scale.v[c];
    if (s.beta != 0.0f) {
      const Lanes<width> old = loadLanes<width>(s.out + row * s.d + column);
      for (int c = 0; c < width; ++c) x.v[c] = fmaf(s.beta, old.v[c], x.v[c]);
    }
    storeLanes<width>(s.out + row * s.d + column, x);
  }
};

/** A row here is one part of one row of the numbers. */
struct MultiplyParts {
  Hypercomplex s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    const int k = static_cast<int>(row % s.components);
    const std::int64_t base = (row - k) * s.d + column;
    Lanes<width> total{};
    for (int i = 0; i < s.components; ++i) {
      const Lanes<width> left = loadLanes<width>(s.left + base + i * s.d), right = loadLanes<width>(s.right + base + (i ^ k) * s.d);
      for (int c = 0; c < width; ++c) total.v[c] = fmaf(s.weights[k][i] * left.v[c], right.v[c], total.v[c]);
    }
    float* const out = s.out + row * s.d + column;
    if (s.beta != 0.0f) {
      const Lanes<width> old = loadLanes<width>(out);
      for (int c = 0; c < width; ++c) total.v[c] = fmaf(s.beta, old.v[c], total.v[c]);
    }
    storeLanes<width>(out, total);
  }
};

struct Bias {
  AddBias s;
  template <int width>
  __device__ void at(std::int64_t row, std::int64_t column) const {
    Lanes<width> x = loadLanes<width>(s.x + row * s.d + column);
    const Lanes<width> bias = loadLanes<width>(s.bias + column);
    for (int c = 0; c < width; ++c) {
      const float sum = x.v[c] + bias.v[c];
      x.v[c] = sum > 0.0f ? sum : s.slope * sum;
    }
    storeLanes<width>(s.out + row * s.d + column, x);
  }
};

}  // namespace

void gatherRows(const GatherRows& s, Context& context) { forRows(context, s.m, s.d, inFours(s.d, s.out, s.x), Gather{s}); }
void takeTurns(const TakeTurns& s, Context& context) { forRows(context, s.rows, s.d, inFours(s.d, s.out, s.x), Turn{s}); }
void copyColumns(const CopyColumns& s, Context& context) {
  forRows(context, s.n, s.d, inFours(s.d, s.out + s.at, s.x) && s.width % 4 == 0, CopyBlock{s});
}
void addColumns(const AddColumns& s, Context& context) {
  forRows(context, s.n, s.d, inFours(s.d, s.out, s.x + s.at) && s.width % 4 == 0, AddBlock{s});
}
void scaleRows(const ScaleRows& s, Context& context) { forRows(context, s.n, s.d, inFours(s.d, s.out, s.x), Scale{s}); }
void scaleColumns(const ScaleColumns& s, Context& context) {
  forRows(context, s.n, s.d, inFours(s.d, s.out, s.x, s.scale), ScaleAcross{s});
}
void hypercomplex(const Hypercomplex& s, Context& context) {
  forRows(context, s.n * s.components, s.d, inFours(s.d, s.out, s.left, s.right), MultiplyParts{s});
}
void addBias(const AddBias& s, Context& context) { forRows(context, s.n, s.d, inFours(s.d, s.out, s.x, s.bias), Bias{s}); }

}  // namespace amr::cuda
