#include "kernels/infonce.h"

#include "runtime/scratch.h"
#include "simd/functions.h"
#include "simd/products.h"

namespace amr::AMR_ISA {
namespace {

/** The arguments with as many rows as there are. */
template <class Arguments>
Arguments counted(Arguments s) {
  if (s.count == nullptr) return s;
  const std::int64_t count = larger(0, *s.count);
  s.n = smaller(s.n, count);
  s.m = smaller(s.m, count);
  return s;
}

AMR_INLINE std::int64_t targetOf(const std::int32_t* targets, std::int64_t row) { return targets == nullptr ? row : targets[row]; }

constexpr std::int64_t blockRows = 96, blockColumns = 512;

float exponentialOf(float x) {
  float values[lanes];
  store(values, exponential(splat(x)));
  return values[0];
}

/** log sum exp of a row whose logits come in blocks: the sum is kept relative to the largest logit so far. */
struct RunningSum {
  float largest = -__builtin_inff();
  double sum = 0.0;

  /** Logits up to the next multiple of `lanes` must be there; those past `columns` minus infinity. */
  void add(const float* logits, std::int64_t columns) {
    Vec top = splat(largest);
    for (std::int64_t c = 0; c < columns; c += lanes) top = maximum(load(logits + c), top);
    const float next = maximumLane(top);
    if (next > largest) {
      sum *= static_cast<double>(exponentialOf(largest - next));
      largest = next;
    }
    Vec total = zero();
    const Vec shift = splat(largest);
    for (std::int64_t c = 0; c < columns; c += lanes) total = total + exponential(load(logits + c) - shift);
    sum += sumDouble(addWide(zeroDouble(), total));
  }
  double logarithmOfSum() const { return static_cast<double>(largest) + __builtin_log(sum); }
};

/** One thread's part of the forward pass: rows [row, row + rows) against all of b. */
class ForwardSlot {
 public:
  static std::int64_t floats(const Infonce& s) {
    return ProductRoom::floats(blockRows, blockColumns, s.d) + blockRows * blockColumns;
  }
  ForwardSlot(const Infonce& s, float* memory)
      : s_(s), room_(memory, blockRows, blockColumns, s.d), logits_(memory + ProductRoom::floats(blockRows, blockColumns, s.d)) {}

  /** The sum of the rows' losses. */
  double run(std::int64_t row) {
    const std::int64_t rows = smaller(blockRows, s_.n - row);
    RunningSum sums[blockRows];
    float targets[blockRows] = {};
    for (std::int64_t column = 0; column < s_.m; column += blockColumns) {
      const std::int64_t columns = smaller(blockColumns, s_.m - column);
      computeLogits({row, rows, column, columns});
      for (std::int64_t i = 0; i < rows; ++i) {
        float* logits = logits_ + i * blockColumns;
        for (std::int64_t c = columns; c < roundUp(columns, lanes); ++c) logits[c] = -__builtin_inff();
        sums[i].add(logits, columns);
        const std::int64_t target = targetOf(s_.targets, row + i) - column;
        if (target >= 0 && target < columns) targets[i] = logits[target];
      }
    }
    double loss = 0.0;
    for (std::int64_t i = 0; i < rows; ++i) {
      const double whole = sums[i].logarithmOfSum();
      s_.logSumExp[row + i] = static_cast<float>(whole);
      loss += whole - static_cast<double>(targets[i]);
    }
    return loss;
  }

 private:
  void computeLogits(const Block& block) {
    const Vec scale = splat(1.0f / s_.temperature);
    multiplyBlock(room_, {s_.a, s_.d, 1}, {s_.b, s_.d, 1}, block, s_.d, [](std::int64_t, std::int64_t) { return true; },
                  [&](std::int64_t i, std::int64_t j, const ProductTile& tile) {
      AMR_UNROLL
      for (int r = 0; r < productRows; ++r) {
        for (int v = 0; v < productVectors; ++v) store(logits_ + (i + r) * blockColumns + j + v * lanes, tile.v[r][v] * scale);
      }
    });
  }

  const Infonce& s_;
  ProductRoom room_;
  float* logits_;
};

// -- backward --------------------------------------------------------------------------------------------------------

constexpr std::int64_t largestSide = 256;

/** Rows of a block: at most largestSide, fewer where that would leave less than eight blocks. From n only. */
std::int64_t sideFor(std::int64_t n) { return larger(32, smaller(largestSide, roundUp(ceilDivide(n, 8), 16))); }

/**
 * One thread's part of the backward pass. With p_ij = exp(logit_ij - logSumExp_i) - [j = target(i)], times
 * upstream / tau and the weight of the row: da = p b, db = p^T a, here for one block of p at a time.
 */
class BackwardSlot {
 public:
  static std::int64_t floats(const InfonceBackward& s) {
    return logitFloats(s) + 2 * gradientFloats() + storedRows * stride;
  }
  BackwardSlot(const InfonceBackward& s, float* memory)
      : s_(s),
        logits_(memory, largestSide, largestSide, s.d),
        forA_(memory + logitFloats(s), largestSide, largestSide, largestSide),
        forB_(memory + logitFloats(s) + gradientFloats(), largestSide, largestSide, largestSide),
        p_(memory + logitFloats(s) + 2 * gradientFloats()) {}

  void run(const Block& block) {
    computeP(block);
    const float* a = s_.a + block.row * s_.d;
    const float* b = s_.b + block.column * s_.d;
    addProduct(forA_, s_.da + block.row * s_.d, {p_, stride, 1}, block.rows, {b, 1, s_.d}, block.columns);
    addProduct(forB_, s_.db + block.column * s_.d, {p_, 1, stride}, block.columns, {a, 1, s_.d}, block.rows);
  }

 private:
  /** Room for whole tiles at the right edge; not a multiple of 4 kB, so that a column of p is not one set of the cache. */
  static constexpr std::int64_t stride = largestSide + productColumns + 16;
  static constexpr std::int64_t storedRows = (largestSide + productRows - 1) / productRows * productRows;
  static std::int64_t logitFloats(const InfonceBackward& s) {
    return ProductRoom::floats(largestSide, largestSide, s.d);
  }
  static std::int64_t gradientFloats() { return ProductRoom::floats(largestSide, largestSide, largestSide); }

  void computeP(const Block& block) {
    multiplyBlock(logits_, {s_.a, s_.d, 1}, {s_.b, s_.d, 1}, block, s_.d, [](std::int64_t, std::int64_t) { return true; },
                  [&](std::int64_t i, std::int64_t j, const ProductTile& tile) {
      AMR_UNROLL
      for (int r = 0; r < productRows; ++r) {
        for (int v = 0; v < productVectors; ++v) store(p_ + (i + r) * stride + j + v * lanes, tile.v[r][v]);
      }
    });
    const Vec inverse = splat(1.0f / s_.temperature);
    const float mean = s_.upstream / (static_cast<float>(s_.n) * s_.temperature), single = s_.upstream / s_.temperature;
    for (std::int64_t i = 0; i < block.rows; ++i) {
      float* p = p_ + i * stride;
      const float weight = s_.rowWeights == nullptr ? mean : single * s_.rowWeights[block.row + i];
      const Vec shift = splat(-s_.logSumExp[block.row + i]);
      for (std::int64_t c = 0; c < block.columns; c += lanes) {
        store(p + c, splat(weight) * exponential(fma(load(p + c), inverse, shift)));
      }
      const std::int64_t target = targetOf(s_.targets, block.row + i) - block.column;
      if (target >= 0 && target < block.columns) p[target] -= weight;
    }
  }

  /** out[rows, d] += left [rows, depth] right [depth, d] */
  void addProduct(ProductRoom& room, float* out, Operand left, std::int64_t rows, Operand right, std::int64_t depth) {
    room.packedRow = -1;
    for (std::int64_t c = 0; c < s_.d; c += largestSide) {
      room.packedColumn = -1;
      const Block block{0, rows, c, smaller(largestSide, s_.d - c)};
      multiplyBlock(room, left, right, block, depth, [](std::int64_t, std::int64_t) { return true; },
                    [&](std::int64_t i, std::int64_t j, const ProductTile& tile) {
        writeProduct(out + i * s_.d + c + j, s_.d, tile, rows - i, block.columns - j, 1.0f, 1.0f);
      });
    }
  }

  const InfonceBackward& s_;
  ProductRoom logits_, forA_, forB_;
  float* p_;
};

}  // namespace

void infonce(const Infonce& given, const Workers& workers) {
  const Infonce s = counted(given);
  const std::int64_t chunks = ceilDivide(s.n, blockRows), slots = slotsFor(workers, chunks);
  const std::int64_t floats = ForwardSlot::floats(s);
  const Scratch rooms(static_cast<std::size_t>(slots * floats) * sizeof(float));
  const Scratch losses(static_cast<std::size_t>(chunks) * sizeof(double));
  forSlots(workers, slots, chunks, [&](std::int64_t slot, Chunks& left) {
    ForwardSlot own(s, rooms.floats() + slot * floats);
    for (std::int64_t chunk; (chunk = left.take()) >= 0;) losses.doubles()[chunk] = own.run(chunk * blockRows);
  });
  double total = 0.0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += losses.doubles()[chunk];
  s.loss[0] = static_cast<float>(total / static_cast<double>(s.n));
}

/**
 * Blocks of p are visited in rounds: in round r block i of the shorter side meets block (i + r) of the longer, so within a
 * round no two share rows or columns, and every gradient row receives its parts in the same order on any number of threads.
 */
void infonceBackward(const InfonceBackward& given, const Workers& workers) {
  const InfonceBackward s = counted(given);
  if (s.n == 0) return;
  const std::int64_t rows = sideFor(s.n), columns = sideFor(s.m);
  const std::int64_t rowBlocks = ceilDivide(s.n, rows), columnBlocks = ceilDivide(s.m, columns);
  const std::int64_t pairs = smaller(rowBlocks, columnBlocks), rounds = larger(rowBlocks, columnBlocks);
  const std::int64_t slots = slotsFor(workers, pairs), floats = BackwardSlot::floats(s);
  const Scratch rooms(static_cast<std::size_t>(slots * floats) * sizeof(float));
  for (std::int64_t round = 0; round < rounds; ++round) {
    forSlots(workers, slots, pairs, [&](std::int64_t slot, Chunks& left) {
      BackwardSlot own(s, rooms.floats() + slot * floats);
      for (std::int64_t pair; (pair = left.take()) >= 0;) {
        const std::int64_t other = (pair + round) % rounds;
        const std::int64_t row = (rowBlocks <= columnBlocks ? pair : other) * rows;
        const std::int64_t column = (rowBlocks <= columnBlocks ? other : pair) * columns;
        own.run({row, smaller(rows, s.n - row), column, smaller(columns, s.m - column)});
      }
    });
  }
}

}  // namespace amr::AMR_ISA
