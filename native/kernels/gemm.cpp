#include "kernels/gemm.h"

#include "runtime/scratch.h"
#include "simd/products.h"

namespace amr::AMR_ISA {
namespace {

struct Blocks {
  std::int64_t rows, columns, rowBlocks, columnBlocks;
};

/**
 * Blocks of about 192 x 512: a's block and a panel of b stay in L2 and L1. Rows are dealt evenly to the threads; where
 * that leaves a thread without work, blocks shrink. Bits do not depend on blocks.
 */
Blocks blocksFor(std::int64_t m, std::int64_t n, std::int64_t threads) {
  std::int64_t rows = 192, columns = 512;
  while (ceilDivide(m, rows) * ceilDivide(n, columns) < threads && rows > 48) rows /= 2;
  while (ceilDivide(m, rows) * ceilDivide(n, columns) < threads && columns > 64) columns /= 2;
  const std::int64_t rounds = ceilDivide(m, rows * threads);
  if (rounds > 0) rows = smaller(rows, roundUp(ceilDivide(m, rounds * threads), productRows));
  columns = smaller(columns, roundUp(n, productColumns));
  return {rows, columns, ceilDivide(m, rows), ceilDivide(n, columns)};
}

}  // namespace

void gemm(const Gemm& s, const Workers& workers) {
  if (s.m == 0 || s.n == 0) return;
  const Operand a = s.transposeA ? Operand{s.a, 1, s.m} : Operand{s.a, s.k, 1};
  const Operand b = s.transposeB ? Operand{s.b, s.k, 1} : Operand{s.b, 1, s.n};
  const Blocks cut = blocksFor(s.m, s.n, workers.threads());
  const std::int64_t chunks = cut.rowBlocks * cut.columnBlocks, slots = slotsFor(workers, chunks);
  const std::int64_t floats = ProductRoom::floats(cut.rows, cut.columns, s.k);
  const Scratch scratch(static_cast<std::size_t>(slots * floats) * sizeof(float));
  forSlots(workers, slots, chunks, [&](std::int64_t slot, Chunks& left) {
    ProductRoom room(scratch.floats() + slot * floats, cut.rows, cut.columns, s.k);
    for (std::int64_t chunk; (chunk = left.take()) >= 0;) {
      const std::int64_t row = chunk % cut.rowBlocks * cut.rows, column = chunk / cut.rowBlocks * cut.columns;
      const Block block{row, smaller(cut.rows, s.m - row), column, smaller(cut.columns, s.n - column)};
      multiplyBlock(room, a, b, block, s.k, [](std::int64_t, std::int64_t) { return true; },
                    [&](std::int64_t i, std::int64_t j, const ProductTile& tile) {
        writeProduct(s.out + (row + i) * s.n + column + j, s.n, tile, block.rows - i, block.columns - j, s.alpha, s.beta);
      });
    }
  });
}

}  // namespace amr::AMR_ISA
