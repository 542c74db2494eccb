#pragma once
#include <stdexcept>

#include "launch.cuh"

/**
 * Sums over the columns of a row, in blocks of `columnsOfBlock` that are added in order. A card that holds some of the blocks computes the
 * same numbers for them as one that holds all, so cards that share columns come to the same bits: see ColumnShare.
 */
namespace amr::cuda {

/** The blocks of `rows` rows, card by card: [cards, rows, values, blocks of a card]. Null data: this card holds all columns. */
struct RowBlocks {
  double* data;
  std::int64_t rows, blocks;
  int cards, card, values;

  /** Where this card's blocks of a row and value go; null where nobody else needs them. */
  __device__ double* own(std::int64_t row, int value) const {
    return data == nullptr ? nullptr : data + ((card * rows + row) * values + value) * blocks;
  }
  /** The blocks of all cards, in the order of their columns: cards have them in turn. */
  __device__ double sum(std::int64_t row, int value) const {
    const std::int64_t perCard = rows * values * blocks;
    const double* at = data + (row * values + value) * blocks;
    double total = 0.0;
#pragma unroll 1  // unrolled it takes registers that callers have none of
    for (int left = static_cast<int>(blocks) * cards, of = 0; left > 0; --left) {
      total += *at;
      at += perCard;
      if (++of == cards) at += 1 - cards * perCard, of = 0;
    }
    return total;
  }
};

/** The blocks that a call with `values` sums a row has. */
inline RowBlocks rowBlocks(const Context& context, std::int64_t rows, std::int64_t d, int values) {
  const ColumnShare& share = context.share();
  if (share.phase == ColumnShare::Phase::alone) return {nullptr, rows, 0, 1, 0, values};
  const std::int64_t blocks = d / columnsOfBlock;
  if (d % columnsOfBlock != 0 || share.count != share.cards * rows * values * blocks) {
    throw std::logic_error(std::to_string(share.count) + " block sums for " + std::to_string(rows) + " rows of " + std::to_string(d) + " columns");
  }
  return {share.blocks, rows, blocks, share.cards, share.card, values};
}

/** The sum of term(c) over columns c < d, in every lane; `blocks` [d / columnsOfBlock] gets those of the blocks, where it is not null. */
template <class Term>
__device__ double sumColumns(std::int64_t d, Term term, double* blocks = nullptr) {
  using Value = decltype(term(d));
  constexpr int half = warpLanes / 2;
  static_assert(half == columnsOfBlock);
  double total = 0.0;
  for (std::int64_t first = 0; first < d; first += warpLanes) {
    const std::int64_t c = first + laneOf();
    Value value = c < d ? term(c) : Value(0);
#pragma unroll
    for (int flip = half / 2; flip > 0; flip /= 2) value += __shfl_xor_sync(wholeWarp, value, flip);
    const double lower = static_cast<double>(__shfl_sync(wholeWarp, value, 0)), upper = static_cast<double>(__shfl_sync(wholeWarp, value, half));
    if (blocks != nullptr && laneOf() == 0) {
      blocks[first / half] = lower;
      if (first + half < d) blocks[first / half + 1] = upper;
    }
    total += lower;
    total += upper;
  }
  return total;
}

}  // namespace amr::cuda
