#include "kernels/bfloatGemm.h"

#include "runtime/scratch.h"
#include "simd/bfloat.h"
#include "simd/products.h"

namespace amr::AMR_ISA {
namespace {

constexpr std::int64_t panelColumns = 32;
constexpr std::int64_t panelElements = bfloatPanelRows * panelColumns;
/** Pairs of steps that are summed in registers: panels of b this deep stay in L2 while the rows pass. */
constexpr std::int64_t pairsAtOnce = 1024;
/** Panels of rows a thread takes at once. */
constexpr std::int64_t panelGrain = 8;

AMR_INLINE std::uint32_t bitsOf(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  return bits;
}

/** The upper half, to nearest, ties to even; not a number stays so. */
AMR_INLINE std::uint32_t rounded(float value) {
  const std::uint32_t bits = bitsOf(value);
  if (value != value) return (bits >> 16) | 0x40u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

AMR_INLINE std::int32_t pairOf(float low, float high) { return static_cast<std::int32_t>(rounded(low) | rounded(high) << 16); }

/** Rows of a tile: as many sums as registers hold. */
#if defined(AMR_ISA_avx512)
constexpr int tileRows = 12;
#else
constexpr int tileRows = 2;
#endif
constexpr int tileVectors = static_cast<int>(panelColumns) / lanes;

/** sums [12, 32] = the panel of a times the panel of b over `pairs` pairs of steps, with what every processor has. */
AMR_INLINE void multiplyPlain(const std::int32_t* a, const std::int32_t* b, std::int64_t pairs, float* sums) {
  for (std::int64_t first = 0; first < bfloatPanelRows; first += tileRows) {
    Vec sum[tileRows][tileVectors];
    for (int r = 0; r < tileRows; ++r) {
      for (int v = 0; v < tileVectors; ++v) sum[r][v] = zero();
    }
    for (std::int64_t t = 0; t < pairs; ++t) {
      const std::int32_t* const at = a + t * bfloatPanelRows + first;
      for (int v = 0; v < tileVectors; ++v) {
        const IntVec bt = loadInt(b + t * panelColumns + v * lanes);
        const Vec low = lowHalves(bt), high = highHalves(bt);
        AMR_UNROLL
        for (int r = 0; r < tileRows; ++r) {
          const IntVec pair = splatInt(at[r]);
          sum[r][v] = fma(highHalves(pair), high, fma(lowHalves(pair), low, sum[r][v]));
        }
      }
    }
    for (int r = 0; r < tileRows; ++r) {
      for (int v = 0; v < tileVectors; ++v) store(sums + (first + r) * panelColumns + v * lanes, sum[r][v]);
    }
  }
}

#if defined(AMR_ISA_avx512)
/** The same with AVX512-BF16, two products a lane and instruction. */
__attribute__((target("avx512bf16"), noinline)) void multiplyPairs(const std::int32_t* a, const std::int32_t* b, std::int64_t pairs,
                                                                   float* sums) {
  __m512 sum[bfloatPanelRows][2];
  AMR_UNROLL
  for (int r = 0; r < bfloatPanelRows; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
  for (std::int64_t t = 0; t < pairs; ++t) {
    const __m512bh left = (__m512bh)_mm512_loadu_si512(b), right = (__m512bh)_mm512_loadu_si512(b + 16);
    AMR_UNROLL
    for (int r = 0; r < bfloatPanelRows; ++r) {
      const __m512bh pair = (__m512bh)_mm512_set1_epi32(a[r]);
      sum[r][0] = _mm512_dpbf16_ps(sum[r][0], pair, left);
      sum[r][1] = _mm512_dpbf16_ps(sum[r][1], pair, right);
    }
    a += bfloatPanelRows;
    b += panelColumns;
  }
  AMR_UNROLL
  for (int r = 0; r < bfloatPanelRows; ++r) {
    _mm512_storeu_ps(sums + r * panelColumns, sum[r][0]);
    _mm512_storeu_ps(sums + r * panelColumns + 16, sum[r][1]);
  }
}

AMR_INLINE bool hasPairs() { return __builtin_cpu_supports("avx512bf16"); }
#else
AMR_INLINE bool hasPairs() { return false; }
void multiplyPairs(const std::int32_t*, const std::int32_t*, std::int64_t, float*) {}
#endif

/** Steps [2 first, 2 last) of b [k, n] as panels of columns: panel after panel of all `pairs`, in a panel step after step. */
void packColumns(const BfloatGemm& s, std::int64_t pairs, std::int64_t first, std::int64_t last, std::int32_t* packed) {
  for (std::int64_t column = 0; column < s.n; column += panelColumns) {
    const std::int64_t inside = smaller(panelColumns, s.n - column);
    std::int32_t* const panel = packed + column * pairs;
    for (std::int64_t t = first; t < last; ++t) {
      const float* const low = s.b + 2 * t * s.n + column;
      const float* const high = low + s.n;
      const bool isWhole = 2 * t + 1 < s.k;
      for (std::int64_t c = 0; c < inside; ++c) panel[t * panelColumns + c] = pairOf(low[c], isWhole ? high[c] : 0.0f);
      for (std::int64_t c = inside; c < panelColumns; ++c) panel[t * panelColumns + c] = 0;
    }
  }
}

/** out, as far as the tile reaches, = alpha * sums + beta * out. */
AMR_INLINE void writeSums(float* out, std::int64_t stride, const float* sums, std::int64_t rows, std::int64_t columns, float alpha,
                          float beta) {
  for (std::int64_t r = 0; r < smaller(rows, bfloatPanelRows); ++r) {
    forLanes(0, smaller(columns, panelColumns), [&](std::int64_t c, int n) {
      const Vec scaled = splat(alpha) * loadN(sums + r * panelColumns + c, n);
      float* const at = out + r * stride + c;
      storeN(at, beta == 0.0f ? scaled : fma(splat(beta), loadN(at, n), scaled), n);
    });
  }
}

/** Rows that lie one after the other, in the panels that are multiplied. */
const std::int32_t* gathered(const BfloatGemm& s, std::int64_t pairs, const Workers& workers, std::int32_t* out) {
  forRanges(workers, ceilDivide(s.m, bfloatPanelRows), panelGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin * bfloatPanelRows; row < end * bfloatPanelRows; ++row) {
      std::int32_t* const to = out + row / bfloatPanelRows * bfloatPanelRows * pairs + row % bfloatPanelRows;
      for (std::int64_t t = 0; t < pairs; ++t) to[t * bfloatPanelRows] = row < s.m ? s.a[row * pairs + t] : 0;
    }
  });
  return out;
}

}  // namespace

void packBfloat(const PackBfloat& s, const Workers& workers) {
  const std::int64_t m = s.transpose ? s.d : s.n, k = s.transpose ? s.n : s.d, pairs = (k + 1) / 2;
  const std::int64_t rowStride = s.transpose ? 1 : s.d, stepStride = s.transpose ? s.d : 1;
  const auto value = [&](std::int64_t row, std::int64_t step) {
    return row < m && step < k ? s.x[row * rowStride + step * stepStride] : 0.0f;
  };
  forRanges(workers, ceilDivide(m, s.panel), panelGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t panel = begin; panel < end; ++panel) {
      std::int32_t* const out = s.packed + panel * s.panel * pairs;
      for (std::int64_t t = 0; t < pairs; ++t) {
        for (std::int64_t r = 0; r < s.panel; ++r) {
          const std::int64_t row = panel * s.panel + r;
          out[t * s.panel + r] = pairOf(value(row, 2 * t), value(row, 2 * t + 1));
        }
      }
    }
  });
}

void bfloatGemm(const BfloatGemm& s, const Workers& workers) {
  if (s.m == 0 || s.n == 0) return;
  const std::int64_t pairs = (s.k + 1) / 2;
  if (s.panel != bfloatPanelRows) {
    const std::int64_t count = bfloatElements(s.m, s.k, bfloatPanelRows);
    const Scratch room(static_cast<std::size_t>(larger(1, count)) * sizeof(std::int32_t));
    BfloatGemm inPanels = s;
    inPanels.a = gathered(s, pairs, workers, static_cast<std::int32_t*>(room.data()));
    inPanels.panel = bfloatPanelRows;
    return bfloatGemm(inPanels, workers);
  }
  const Scratch packed(static_cast<std::size_t>(roundUp(s.n, panelColumns) * larger(1, pairs)) * sizeof(std::int32_t));
  std::int32_t* const b = static_cast<std::int32_t*>(packed.data());
  forRanges(workers, pairs, larger(16, elementGrain / s.n), [&](std::int64_t begin, std::int64_t end) { packColumns(s, pairs, begin, end, b); });
  const bool inPairs = hasPairs();
  forRanges(workers, ceilDivide(s.m, bfloatPanelRows), panelGrain, [&](std::int64_t begin, std::int64_t end) {
    float sums[panelElements];
    std::int64_t first = 0;
    do {
      const std::int64_t steps = smaller(pairsAtOnce, pairs - first);
      for (std::int64_t panel = begin; panel < end; ++panel) {
        const std::int64_t row = panel * bfloatPanelRows;
        const std::int32_t* const a = s.a + (panel * pairs + first) * bfloatPanelRows;
        for (std::int64_t column = 0; column < s.n; column += panelColumns) {
          const std::int32_t* const own = b + column * pairs + first * panelColumns;
          if (inPairs) multiplyPairs(a, own, steps, sums);
          else multiplyPlain(a, own, steps, sums);
          writeSums(s.out + row * s.n + column, s.n, sums, s.m - row, s.n - column, s.alpha, first == 0 ? s.beta : 1.0f);
        }
      }
      first += steps;
    } while (first < pairs);
  });
}

}  // namespace amr::AMR_ISA
