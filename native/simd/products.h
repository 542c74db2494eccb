#pragma once
/**
 * Products of two sets of rows, op(a) op(b), block by block: what gemm, the top-k kernels and InfoNCE are made of. Blocks and the
 * order of sums: native/README.md#products.
 */
#include "simd/elements.h"

#if defined(AMR_ISA_avx2) || defined(AMR_ISA_avx512)
#include <immintrin.h>
#endif
#if defined(AMR_ISA_avx2) || defined(AMR_ISA_avx512) || defined(AMR_ISA_neon)
#if defined(__clang__)
#define AMR_UNROLL _Pragma("unroll")
#else
#define AMR_UNROLL _Pragma("GCC unroll 16")
#endif
#else
#define AMR_UNROLL
#endif

namespace amr::AMR_ISA {

/** Rows and columns of a tile: as many accumulators as registers allow beside two vectors of b and one of a. */
constexpr int productRows = lanes == 16 ? 12 : lanes == 8 ? 6 : lanes == 4 ? 8 : 4;
constexpr int productVectors = lanes == 1 ? 4 : 2;
constexpr int productColumns = productVectors * lanes;
constexpr int tileElements = productRows * productColumns;
constexpr std::int64_t productDepth = 384;

struct ProductTile {
  Vec v[productRows][productVectors];
};

/** One factor: element (row, step) at data[row * rowStride + step * depthStride]. For b a "row" is a column of the product. */
struct Operand {
  const float* data;
  std::int64_t rowStride, depthStride;
};

/** Multiples of `unit`, upwards. */
AMR_INLINE std::int64_t roundUp(std::int64_t n, std::int64_t unit) { return ceilDivide(n, unit) * unit; }

AMR_INLINE void storeTile(float* out, const ProductTile& tile) {
  AMR_UNROLL
  for (int r = 0; r < productRows; ++r) {
    for (int v = 0; v < productVectors; ++v) store(out + r * productColumns + v * lanes, tile.v[r][v]);
  }
}

/** Four rows of `depth` steps each, side by side in a panel `width` wide. */
template <int width>
AMR_INLINE void packFour(float* panel, const float* x, std::int64_t stride, std::int64_t depth) {
  std::int64_t k = 0;
#if defined(AMR_ISA_avx2) || defined(AMR_ISA_avx512)
  for (; k + 4 <= depth; k += 4) {
    __m128 a = _mm_loadu_ps(x + k), b = _mm_loadu_ps(x + stride + k);
    __m128 c = _mm_loadu_ps(x + 2 * stride + k), d = _mm_loadu_ps(x + 3 * stride + k);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(panel + k * width, a);
    _mm_storeu_ps(panel + (k + 1) * width, b);
    _mm_storeu_ps(panel + (k + 2) * width, c);
    _mm_storeu_ps(panel + (k + 3) * width, d);
  }
#elif defined(AMR_ISA_neon)
  for (; k + 4 <= depth; k += 4) {
    const float32x4x2_t even = vzipq_f32(vld1q_f32(x + k), vld1q_f32(x + 2 * stride + k));
    const float32x4x2_t odd = vzipq_f32(vld1q_f32(x + stride + k), vld1q_f32(x + 3 * stride + k));
    const float32x4x2_t low = vzipq_f32(even.val[0], odd.val[0]), high = vzipq_f32(even.val[1], odd.val[1]);
    vst1q_f32(panel + k * width, low.val[0]);
    vst1q_f32(panel + (k + 1) * width, low.val[1]);
    vst1q_f32(panel + (k + 2) * width, high.val[0]);
    vst1q_f32(panel + (k + 3) * width, high.val[1]);
  }
#endif
  for (; k < depth; ++k) {
    for (int r = 0; r < 4; ++r) panel[k * width + r] = x[r * stride + k];
  }
}

/** One panel [depth, width] of the rows from `row`; rows past `rows` are zero. */
template <int width>
static inline void packPanel(float* panel, const float* x, Operand from, std::int64_t rows, std::int64_t depth) {
  const int used = static_cast<int>(smaller(width, rows));
  int r = 0;
  if (from.rowStride == 1 && used == width) {
    for (std::int64_t k = 0; k < depth; ++k) {
      const float* source = x + k * from.depthStride;
      AMR_UNROLL
      for (int i = 0; i < width; ++i) panel[k * width + i] = source[i];
    }
    return;
  }
  if (from.depthStride == 1) {
    for (; r + 4 <= used; r += 4) packFour<width>(panel + r, x + r * from.rowStride, from.rowStride, depth);
  }
  for (; r < used; ++r) {
    for (std::int64_t k = 0; k < depth; ++k) panel[k * width + r] = x[r * from.rowStride + k * from.depthStride];
  }
  for (; r < width; ++r) {
    for (std::int64_t k = 0; k < depth; ++k) panel[k * width + r] = 0.0f;
  }
}

/** Panels of rows [row, row + rows), steps [step, step + depth). */
template <int width>
static inline void packPanels(float* out, Operand from, std::int64_t row, std::int64_t rows, std::int64_t step, std::int64_t depth) {
  for (std::int64_t r = 0; r < rows; r += width) {
    packPanel<width>(out + r * depth, from.data + (row + r) * from.rowStride + step * from.depthStride, from, rows - r, depth);
  }
}

/**
 * No instruction, but all sums must be in registers here. Needed where the loop takes 15 of 16 of them: judging by the code
 * around it, GCC moves a sum to memory, which doubles the time of every step.
 */
AMR_INLINE void keepInRegisters([[maybe_unused]] ProductTile& sum) {
#if defined(AMR_ISA_avx2)
#define AMR_ROW(r) "+x"(sum.v[r][0].v), "+x"(sum.v[r][1].v)
  asm("" : AMR_ROW(0), AMR_ROW(1), AMR_ROW(2), AMR_ROW(3), AMR_ROW(4), AMR_ROW(5));
#undef AMR_ROW
#endif
}

/** The sum over one block of the depth, from zero. */
AMR_INLINE ProductTile multiplyPanels(std::int64_t depth, const float* a, const float* b) {
  ProductTile sum;
  AMR_UNROLL
  for (int r = 0; r < productRows; ++r) {
    for (int v = 0; v < productVectors; ++v) sum.v[r][v] = zero();
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    Vec bk[productVectors];
    for (int v = 0; v < productVectors; ++v) bk[v] = load(b + v * lanes);
    AMR_UNROLL
    for (int r = 0; r < productRows; ++r) {
      const Vec ak = splat(a[r]);
      for (int v = 0; v < productVectors; ++v) sum.v[r][v] = fma(ak, bk[v], sum.v[r][v]);
    }
    keepInRegisters(sum);
    a += productRows;
    b += productColumns;
  }
  return sum;
}

/** Where the rows of a tile lie when a is not packed. */
struct ProductLines {
  const float* row[productRows];
};

/**
 * Adds step k of rows r and up to the sum. On AVX2 a row is read only when the sums of the row before are done: GCC would
 * read several rows ahead, and then sixteen registers no longer hold all sums.
 */
template <int r>
AMR_INLINE void addLines(ProductTile& sum, ProductLines& lines, std::int64_t k, const Vec (&bk)[productVectors]) {
  const Vec ak = splat(lines.row[r][k]);
  // One by one: with a loop GCC keeps the sums in memory.
  sum.v[r][0] = fma(ak, bk[0], sum.v[r][0]);
  sum.v[r][1] = fma(ak, bk[1], sum.v[r][1]);
  if constexpr (productVectors == 4) {
    sum.v[r][2] = fma(ak, bk[2], sum.v[r][2]);
    sum.v[r][3] = fma(ak, bk[3], sum.v[r][3]);
  }
  if constexpr (r + 1 < productRows) {
#if defined(AMR_ISA_avx2)
    asm("" : "+x"(sum.v[r][0].v), "+x"(sum.v[r][1].v), "+r"(lines.row[r + 1]));
#endif
    addLines<r + 1>(sum, lines, k, bk);
  }
}

/**
 * As multiplyPanels, but the rows of a are read where they lie, `stride` apart; only b is packed. Rows past the last of
 * `rows` repeat it, so their sums are not zero.
 */
AMR_INLINE ProductTile multiplyLines(std::int64_t depth, const float* a, std::int64_t stride, std::int64_t rows, const float* b) {
  ProductLines lines;
  ProductTile sum;
  AMR_UNROLL
  for (int r = 0; r < productRows; ++r) {
    lines.row[r] = a + smaller(r, rows - 1) * stride;
    for (int v = 0; v < productVectors; ++v) sum.v[r][v] = zero();
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    Vec bk[productVectors];
    for (int v = 0; v < productVectors; ++v) bk[v] = load(b + v * lanes);
    addLines<0>(sum, lines, k, bk);
    keepInRegisters(sum);
    b += productColumns;
  }
  // The caller may take the address of what is returned; that of `sum` must not be taken.
  ProductTile result;
  AMR_UNROLL
  for (int r = 0; r < productRows; ++r) {
    for (int v = 0; v < productVectors; ++v) result.v[r][v] = sum.v[r][v];
  }
  return result;
}

/** One thread's room for the packed operands of one product, and which of them it holds. Made from `floats` of scratch. */
struct ProductRoom {
  float* a;
  float* b;
  float* partial;
  std::int64_t packedRow = -1, packedColumn = -1;

  static std::int64_t floats(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
    return aFloats(rows, depth) + bFloats(columns, depth) + partialFloats(rows, columns, depth);
  }
  ProductRoom(float* memory, std::int64_t rows, std::int64_t columns, std::int64_t depth)
      : a(memory), b(a + aFloats(rows, depth)), partial(b + bFloats(columns, depth)) {}

  /** From now on b's block of columns from `column` is the one at `packed`. */
  void holdColumns(float* packed, std::int64_t column) {
    b = packed;
    packedColumn = column;
  }

 private:
  static std::int64_t aFloats(std::int64_t rows, std::int64_t depth) {
    return roundUp(roundUp(rows, productRows) * smaller(depth, productDepth), 16);
  }
  static std::int64_t bFloats(std::int64_t columns, std::int64_t depth) {
    return roundUp(roundUp(columns, productColumns) * smaller(depth, productDepth), 16);
  }
  static std::int64_t partialFloats(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
    return depth <= productDepth ? 0 : roundUp(roundUp(rows, productRows) * roundUp(columns, productColumns), 16);
  }
};

/** A block of the product: rows [row, row + rows) of op(a), columns [column, column + columns) of op(b). */
struct Block {
  std::int64_t row, rows, column, columns;
};

/**
 * done(i, j, tile) for each tile of the block, i and j counted from its corner; lanes past its edge hold zero. Tiles with
 * wanted(i, j) false are left out. Operands a room already holds are not packed again.
 */
template <class Wanted, class Done>
static inline void multiplyBlock(ProductRoom& room, Operand a, Operand b, Block block, std::int64_t depth, const Wanted& wanted,
                                 const Done& done) {
  const bool whole = depth <= productDepth;
  std::int64_t step = 0;
  do {
    const std::int64_t steps = smaller(productDepth, depth - step);
    if (!whole || room.packedRow != block.row) packPanels<productRows>(room.a, a, block.row, block.rows, step, steps);
    if (!whole || room.packedColumn != block.column) {
      packPanels<productColumns>(room.b, b, block.column, block.columns, step, steps);
    }
    float* partial = room.partial;
    for (std::int64_t j = 0; j < block.columns; j += productColumns) {
      for (std::int64_t i = 0; i < block.rows; i += productRows) {
        if (!wanted(i, j)) continue;
        ProductTile tile = multiplyPanels(steps, room.a + i * steps, room.b + j * steps);
        if (step > 0) {
          AMR_UNROLL
          for (int r = 0; r < productRows; ++r) {
            for (int v = 0; v < productVectors; ++v) {
              tile.v[r][v] = load(partial + r * productColumns + v * lanes) + tile.v[r][v];
            }
          }
        }
        if (step + steps < depth) {
          storeTile(partial, tile);
        } else {
          done(i, j, tile);
        }
        partial += whole ? 0 : tileElements;
      }
    }
    step += steps;
  } while (step < depth);
  room.packedRow = block.row;
  room.packedColumn = block.column;
}

/** The part of a tile inside [rows, columns]. */
static inline void writeProductEdge(float* out, std::int64_t stride, const ProductTile& tile, std::int64_t rows, std::int64_t columns,
                                    float alpha, float beta) {
  float values[tileElements];
  storeTile(values, tile);
  for (std::int64_t r = 0; r < smaller(rows, productRows); ++r) {
    forLanes(0, smaller(columns, productColumns), [&](std::int64_t c, int n) {
      const Vec scaled = splat(alpha) * loadN(values + r * productColumns + c, n);
      float* at = out + r * stride + c;
      storeN(at, beta == 0.0f ? scaled : fma(splat(beta), loadN(at, n), scaled), n);
    });
  }
}

/** out[rows, columns] of that stride, as far as the tile reaches, = alpha * tile + beta * out. */
AMR_INLINE void writeProduct(float* out, std::int64_t stride, const ProductTile& tile, std::int64_t rows, std::int64_t columns,
                             float alpha, float beta) {
  if (rows < productRows || columns < productColumns) {
    return writeProductEdge(out, stride, tile, rows, columns, alpha, beta);
  }
  const Vec factor = splat(alpha), old = splat(beta);
  AMR_UNROLL
  for (int r = 0; r < productRows; ++r) {
    for (int v = 0; v < productVectors; ++v) {
      float* at = out + r * stride + v * lanes;
      const Vec scaled = factor * tile.v[r][v];
      store(at, beta == 0.0f ? scaled : fma(old, load(at), scaled));
    }
  }
}

/** A counter that threads draw chunks from. */
class Chunks {
 public:
  explicit Chunks(std::int64_t count) : count_(count) {}
  /** The next chunk, or -1 when none is left. */
  std::int64_t take() {
    const std::int64_t chunk = __atomic_fetch_add(&next_, 1, __ATOMIC_RELAXED);
    return chunk < count_ ? chunk : -1;
  }

 private:
  std::int64_t count_;
  std::int64_t next_ = 0;
};

/** How many threads can share `chunks`. */
AMR_INLINE std::int64_t slotsFor(const Workers& workers, std::int64_t chunks) { return larger(1, smaller(workers.threads(), chunks)); }

/**
 * body(slot, chunks) once per slot: a thread with room of its own that takes chunks until none is left. What a chunk
 * computes may not depend on its slot.
 */
template <class Body>
static inline void forSlots(const Workers& workers, std::int64_t slots, std::int64_t chunks, const Body& body) {
  Chunks left(chunks);
  forChunks(workers, slots, [&](std::int64_t slot) { body(slot, left); });
}

}  // namespace amr::AMR_ISA
