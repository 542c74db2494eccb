// Rows without sums across columns: gatherRows, copyColumns, addColumns, scaleRows, addBias. One warp a row,
// lanes over its columns, so that neighbouring lanes touch neighbouring addresses.
#include "kernels/kernels.h"
#include "launch.cuh"

namespace amr::cuda {
namespace {

template <class Function>
__global__ void __launch_bounds__(blockThreads) eachRow(Function function, std::int64_t rows, std::int64_t columns) {
  const std::int64_t row = std::int64_t{blockIdx.x} * blockWarps + warpOf();
  if (row >= rows) return;
  for (std::int64_t column = laneOf(); column < columns; column += warpLanes) function(row, column);
}

/** Narrow rows would leave most of a warp idle: there a thread takes an element. */
template <class Function>
__global__ void __launch_bounds__(blockThreads) eachCell(Function function, std::int64_t rows, std::int64_t columns) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockThreads + threadIdx.x;
  if (i < rows * columns) function(i / columns, i % columns);
}

template <class Function>
void forCells(Context& context, std::int64_t rows, std::int64_t columns, Function function) {
  if (rows == 0) return;
  if (columns < 16) {
    AMR_LAUNCH(context, (eachCell<Function>), blocksFor(rows * columns, blockThreads), blockThreads, function, rows, columns);
  } else {
    AMR_LAUNCH(context, (eachRow<Function>), blocksFor(rows, blockWarps), blockThreads, function, rows, columns);
  }
}

struct Gather {
  GatherRows s;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    s.out[row * s.d + column] = s.x[s.ids[row] * s.d + column];
  }
};

struct GatherFours {
  float4* out;
  const float4* x;
  const std::int32_t* ids;
  std::int64_t fours;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    out[row * fours + column] = x[ids[row] * fours + column];
  }
};

struct CopyBlock {
  CopyColumns s;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    s.out[row * s.width + s.at + column] = s.x[row * s.d + column];
  }
};

struct AddBlock {
  AddColumns s;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    s.out[row * s.d + column] += s.x[row * s.width + s.at + column];
  }
};

struct Scale {
  ScaleRows s;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    s.out[row * s.d + column] = s.x[row * s.d + column] * s.scale[row];
  }
};

struct Bias {
  AddBias s;
  __device__ void operator()(std::int64_t row, std::int64_t column) const {
    s.out[row * s.d + column] = s.x[row * s.d + column] + s.bias[column];
  }
};

}  // namespace

void gatherRows(const GatherRows& s, Context& context) {
  if (!inFours(s.d, s.out, s.x)) return forCells(context, s.m, s.d, Gather{s});
  const GatherFours fours{reinterpret_cast<float4*>(s.out), reinterpret_cast<const float4*>(s.x), s.ids, s.d / 4};
  forCells(context, s.m, s.d / 4, fours);
}
void copyColumns(const CopyColumns& s, Context& context) { forCells(context, s.n, s.d, CopyBlock{s}); }
void addColumns(const AddColumns& s, Context& context) { forCells(context, s.n, s.d, AddBlock{s}); }
void scaleRows(const ScaleRows& s, Context& context) { forCells(context, s.n, s.d, Scale{s}); }
void addBias(const AddBias& s, Context& context) { forCells(context, s.n, s.d, Bias{s}); }

}  // namespace amr::cuda
