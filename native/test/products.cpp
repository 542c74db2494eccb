#include <algorithm>
#include <cstring>

#include "test/harness.h"

namespace amr::test {
namespace {

/** Edges of tiles (4, 6, 12 by 4, 16, 32), of blocks, of the blocks of the depth (384), and of products with few columns (64). */
struct Shape {
  std::int64_t m, n, k;
};
const Shape shapes[] = {{1, 1, 1},    {3, 5, 7},   {12, 32, 4},  {13, 33, 17}, {193, 5, 3},
                        {6, 513, 4}, {50, 20, 0}, {20, 30, 384}, {9, 40, 385}, {14, 35, 800}, {40, 64, 384}, {301, 64, 100}, {67, 65, 30},
                        {1000, 1, 9}, {5, 64, 0}};

void checkGemm(const Context& context, const Shape& shape, bool transposeA, bool transposeB) {
  const auto [m, n, k] = shape;
  Buffer<float> a = values(m * k, 1, 1), b = values(k * n, 2, 3), out = values(m * n, 3, 1), before = values(m * n, 3);
  context.table.gemm({out.data(), a.data(), b.data(), m, n, k, transposeA, transposeB, 0.5f, 2.0f}, context.workers);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double total = 0;
      for (std::int64_t p = 0; p < k; ++p) {
        total += static_cast<double>(a[transposeA ? p * m + i : i * k + p]) * static_cast<double>(b[transposeB ? j * k + p : p * n + j]);
      }
      near(out[i * n + j], 0.5 * total + 2.0 * static_cast<double>(before[i * n + j]), 1e-5, "out", i * n + j);
    }
  }
}

/** The rule of simd/products.h: blocks of 384 summed in order from zero, the sums added in order; fused where the processor does. */
float productByTheRule(const float* a, const float* b, std::int64_t d, bool fused) {
  float total = 0;
  for (std::int64_t begin = 0; begin < d; begin += 384) {
    float sum = 0;
    for (std::int64_t c = begin; c < std::min(begin + 384, d); ++c) sum = fused ? std::fma(a[c], b[c], sum) : sum + a[c] * b[c];
    total = begin == 0 ? sum : total + sum;
  }
  return total;
}

struct Lists {
  Buffer<std::int32_t> indices;
  Buffer<float> scores;
  Lists(std::int64_t rows, std::int64_t k) : indices(rows * k), scores(rows * k) {}
  bool operator==(Lists& other) {
    return std::memcmp(indices.data(), other.indices.data(), static_cast<std::size_t>(indices.size()) * 4) == 0 &&
           std::memcmp(scores.data(), other.scores.data(), static_cast<std::size_t>(scores.size()) * 4) == 0;
  }
};

struct RankingShape {
  std::int64_t rows, items, d, k, masked;
};

void checkRanking(const Context& context, const RankingShape& shape) {
  const auto [rows, items, d, k, masked] = shape;
  const std::string isa = context.table.isa;
  const bool fused = isa != "scalar" && isa != "emulated16";
  Buffer<float> users = values(rows * d, 1, 1), table = values(items * d, 2, 3);
  Buffer<std::int32_t> offsets(rows + 1), masks = ids(rows * masked, items, 4);
  for (std::int64_t row = 0; row <= rows; ++row) offsets[row] = static_cast<std::int32_t>(row * masked);
  for (std::int64_t row = 0; row < rows; ++row) std::sort(masks.data() + row * masked, masks.data() + (row + 1) * masked);
  Lists found(rows, k);
  context.table.rankTopK({found.indices.data(), found.scores.data(), users.data(), table.data(), offsets.data(), masks.data(), rows, items, d, k},
                         context.workers);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::vector<std::pair<float, std::int32_t>> all;
    for (std::int32_t item = 0; item < items; ++item) {
      const std::int32_t* own = masks.data() + row * masked;
      if (std::find(own, own + masked, item) != own + masked) continue;
      all.emplace_back(-productByTheRule(users.data() + row * d, table.data() + item * d, d, fused), item);
    }
    std::sort(all.begin(), all.end());
    for (std::int64_t j = 0; j < k; ++j) {
      const bool exists = j < static_cast<std::int64_t>(all.size());
      const auto expected = exists ? all[static_cast<std::size_t>(j)] : std::pair<float, std::int32_t>(INFINITY, -1);
      if (found.indices[row * k + j] != expected.second) near(found.indices[row * k + j], expected.second, 0.0, "id", row * k + j);
      if (!(found.scores[row * k + j] == -expected.first)) near(found.scores[row * k + j], -expected.first, 0.0, "score", row * k + j);
    }
  }
}

}  // namespace

AMR_TEST(gemmAtEveryEdge) {
  for (const Shape& shape : shapes) {
    for (const int transposes : {0, 1, 2, 3}) checkGemm(context, shape, (transposes & 1) != 0, (transposes & 2) != 0);
  }
}

float bfloat(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  std::memcpy(&value, &bits, 4);
  return value;
}

AMR_TEST(bfloatProductsAtEveryEdge) {
  for (const auto& [m, n, k] : shapes) {
    for (const auto& [transpose, panel] : {std::pair{false, bfloatPanelRows}, {true, bfloatPanelRows}, {false, std::int64_t{1}}, {true, std::int64_t{1}}}) {
      if (k == 0 && transpose) continue;  // rows of no columns are no matrix
      Buffer<float> x = values(m * k, 1, 1), b = values(k * n, 2, 3), out = values(m * n, 3, 1), before = values(m * n, 3);
      Buffer<std::int32_t> packed(bfloatElements(m, k, panel));
      if (k > 0) {
        context.table.packBfloat({packed.data(), x.data(), transpose ? k : m, transpose ? m : k, transpose, panel}, context.workers);
      }
      context.table.bfloatGemm({out.data(), packed.data(), b.data(), m, n, k, 0.5f, 2.0f, panel}, context.workers);
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          double total = 0;
          for (std::int64_t p = 0; p < k; ++p) {
            total += static_cast<double>(bfloat(x[transpose ? p * m + i : i * k + p])) * static_cast<double>(bfloat(b[p * n + j]));
          }
          near(out[i * n + j], 0.5 * total + 2.0 * static_cast<double>(before[i * n + j]), 1e-5, "out", i * n + j);
        }
      }
    }
  }
}

AMR_TEST(rankingEqualsBruteForceBitForBit) {
  const RankingShape all[] = {{1, 1, 1, 1, 0},    {5, 3, 2, 7, 1},     {13, 33, 9, 5, 4},   {200, 1030, 3, 10, 5},
                              {14, 2100, 5, 50, 60}, {3, 2100, 4, 97, 9}, {3, 1100, 3, 1100, 7}, {9, 1100, 385, 12, 3},
                              {4, 20, 800, 3, 0},  {400, 40, 8, 3, 2}};
  for (const RankingShape& shape : all) checkRanking(context, shape);
}

AMR_TEST(cosinesOfOneSetAndOfItsCopyAreTheSameBits) {
  const Shape all[] = {{2, 1, 1}, {13, 5, 7}, {50, 49, 16}, {383, 3, 5}, {400, 10, 9}, {800, 10, 4}, {30, 4, 400}};
  for (const auto& [n, k, d] : all) {
    Buffer<float> x = values(n * d, 1, 1), copy = values(n * d, 1, 2);
    for (std::int64_t c = 0; c < d; ++c) x[c] = copy[c] = 0.0f;
    for (const bool excludeSelf : {false, true}) {
      Lists one(n, k), two(n, k);
      context.table.cosineTopK({one.indices.data(), one.scores.data(), x.data(), x.data(), n, n, d, k, excludeSelf}, context.workers);
      context.table.cosineTopK({two.indices.data(), two.scores.data(), x.data(), copy.data(), n, n, d, k, excludeSelf}, context.workers);
      if (!(one == two)) fail("the symmetric search differs from the general one, n " + std::to_string(n));
      for (std::int64_t i = 0; i < n * k; ++i) {
        if (excludeSelf && one.indices[i] == i / k) fail("row " + std::to_string(i / k) + " names itself");
      }
    }
  }
}

AMR_TEST(leastSquaresRowsSolveTheirEquations) {
  for (const std::int64_t d : {1, 3, 8, 17, 64, 65}) {
    for (const std::int64_t rows : {1, 4, 5, 40}) {
      const std::int64_t cols = 20;
      Matrix pattern = matrix(rows, cols, 3);
      Buffer<float> y = values(cols * d, 1, 1), gram(d * d), out = values(rows * d, 2), regularisation(rows);
      for (std::int64_t i = 0; i < d * d; ++i) {
        for (std::int64_t j = 0; j < cols; ++j) gram[i] += y[j * d + i / d] * y[j * d + i % d];
      }
      for (std::int64_t r = 0; r < rows; ++r) regularisation[r] = 10.0f + static_cast<float>(r % 3);
      const Csr csr = pattern.csr(false);
      context.table.leastSquaresRows({out.data(), csr, y.data(), gram.data(), regularisation.data(), d, 60, 3.0f}, context.workers);
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < d; ++c) {
          double left = static_cast<double>(regularisation[r]) * static_cast<double>(out[r * d + c]), right = 0;
          for (std::int64_t i = 0; i < d; ++i) left += static_cast<double>(gram[c * d + i]) * static_cast<double>(out[r * d + i]);
          for (std::int64_t e = csr.offsets[r]; e < csr.offsets[r + 1]; ++e) {
            const float* other = y.data() + csr.indices[e] * d;
            double product = 0;
            for (std::int64_t i = 0; i < d; ++i) product += static_cast<double>(other[i]) * static_cast<double>(out[r * d + i]);
            left += 2.0 * product * static_cast<double>(other[c]);
            right += 3.0 * static_cast<double>(other[c]);
          }
          near(left, csr.offsets[r] == csr.offsets[r + 1] ? 0.0 : right, 1e-3, "equation", r * d + c);
        }
      }
    }
  }
}

}  // namespace amr::test
