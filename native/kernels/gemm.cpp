#include "kernels/gemm.h"

#include "runtime/scratch.h"
#include "simd/products.h"
#include "simd/tiles.h"

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

/**
 * With so few columns a packed copy of a would be read a few times only: packing is then a tenth of the time and more.
 * Wider products gain nothing from going without.
 */
bool isThin(const Gemm& s) { return !s.transposeA && s.n <= 64 && s.k <= productDepth; }

/** Bytes of a that lie in L1 beside a panel of b while all panels pass. */
constexpr std::int64_t stripBytes = 24576;

/** b is packed once for all threads; a is read where it is, in strips of rows. */
void multiplyThin(const Gemm& s, const Workers& workers) {
  const Operand b = s.transposeB ? Operand{s.b, s.k, 1} : Operand{s.b, 1, s.n};
  const Scratch packed(static_cast<std::size_t>(roundUp(s.n, productColumns) * s.k) * sizeof(float));
  packPanels<productColumns>(packed.floats(), b, 0, s.n, 0, s.k);
  const std::int64_t stripRows = larger(1, stripBytes / 4 / larger(1, s.k) / productRows) * productRows;
  const std::int64_t grain = roundUp(larger(rowGrain(s.n * s.k), ceilDivide(s.m, 256)), productRows);
  forRanges(workers, s.m, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t strip = begin; strip < end; strip += stripRows) {
      const std::int64_t last = smaller(strip + stripRows, end);
      for (std::int64_t j = 0; j < s.n; j += productColumns) {
        for (std::int64_t i = strip; i < last; i += productRows) {
          const ProductTile tile = multiplyLines(s.k, s.a + i * s.k, s.k, last - i, packed.floats() + j * s.k);
          writeProduct(s.out + i * s.n + j, s.n, tile, last - i, s.n - j, s.alpha, s.beta);
        }
      }
    }
  });
}

}  // namespace

void gemm(const Gemm& s, const Workers& workers) {
  if (s.m == 0 || s.n == 0) return;
  if (isThin(s)) return multiplyThin(s, workers);
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
