#include "test/harness.h"

namespace amr::test {
namespace {

double rowProduct(const Csr& a, std::int64_t row, const float* x, std::int64_t d, std::int64_t c) {
  double total = 0;
  for (std::int64_t e = a.offsets[row]; e < a.offsets[row + 1]; ++e) {
    total += (a.values ? static_cast<double>(a.values[e]) : 1.0) * static_cast<double>(x[a.indices[e] * d + c]);
  }
  return total;
}

}  // namespace

AMR_TEST(spmm) {
  for (const std::int64_t d : widths) {
    for (const bool withValues : {false, true}) {
      Matrix m = matrix(37, 29, static_cast<std::uint32_t>(d));
      const Csr a = m.csr(withValues);
      Buffer<float> x = values(29 * d, 3), out = values(37 * d, 4, 1), before = values(37 * d, 4);
      context.table.spmm({out.data(), a, x.data(), d, 0.5f, -2.0f}, context.workers);
      for (std::int64_t i = 0; i < 37 * d; ++i) {
        near(out[i], 0.5 * rowProduct(a, i / d, x.data(), d, i % d) - 2.0 * static_cast<double>(before[i]), 1e-5, "out", i);
      }
    }
  }
}

// A row rounded to bfloat16 is off by at most 2^-8 of itself.
AMR_TEST(spmmBfloat) {
  for (const std::int64_t d : widths) {
    for (const bool withValues : {false, true}) {
      Matrix m = matrix(37, 29, static_cast<std::uint32_t>(d));
      const Csr a = m.csr(withValues);
      Buffer<float> x = values(29 * d, 3), out = values(37 * d, 4, 1), before = values(37 * d, 4), sizes = values(29 * d, 3);
      for (std::int64_t i = 0; i < 29 * d; ++i) sizes[i] = std::abs(sizes[i]);
      for (std::int64_t e = 0; e < m.entries.size(); ++e) m.entries[e] = std::abs(m.entries[e]);
      Buffer<std::int32_t> scratch(29 * d);
      context.table.spmmBfloat({{out.data(), a, x.data(), d, 0.5f, -2.0f}, scratch.data()}, context.workers);
      for (std::int64_t i = 0; i < 37 * d; ++i) {
        const double expected = 0.5 * rowProduct(a, i / d, x.data(), d, i % d) - 2.0 * static_cast<double>(before[i]);
        near(out[i], expected, 1e-5 + 0.5 / 256 * rowProduct(a, i / d, sizes.data(), d, i % d), "out", i);
      }
    }
  }
}

AMR_TEST(spmmRows) {
  for (const std::int64_t d : widths) {
    Matrix m = matrix(20, 31, 5);
    const Csr a = m.csr(true);
    Buffer<std::int32_t> rowIds = ids(53, 20, 6);
    Buffer<float> x = values(31 * d, 3), out(53 * d);
    context.table.spmmRows({out.data(), a, rowIds.data(), x.data(), 53, d, 1.0f, 0.0f}, context.workers);
    for (std::int64_t i = 0; i < 53 * d; ++i) near(out[i], rowProduct(a, rowIds[i / d], x.data(), d, i % d), 1e-5, "out", i);
  }
}

AMR_TEST(lightgcnReadout) {
  constexpr std::int64_t n = 33;
  for (const std::int64_t d : widths) {
    for (const std::int64_t layers : {0, 1, 2, 3}) {
      Matrix m = matrix(n, n, 8);
      for (std::int64_t e = 0; e < m.entries.size(); ++e) m.entries[e] /= 8.0f;
      const Csr a = m.csr(true);
      Buffer<float> e0 = values(n * d, 2, 1), out(n * d), scratch(2 * n * d);
      context.table.lightgcnReadout({out.data(), scratch.data(), a, e0.data(), d, layers, 0.25f}, context.workers);
      Buffer<float> layer = values(n * d, 2);
      Buffer<double> sum(n * d);
      for (std::int64_t i = 0; i < n * d; ++i) sum[i] = static_cast<double>(e0[i]);
      for (std::int64_t l = 0; l < layers; ++l) {
        Buffer<float> next(n * d);
        for (std::int64_t i = 0; i < n * d; ++i) {
          next[i] = static_cast<float>(rowProduct(a, i / d, layer.data(), d, i % d));
          sum[i] += static_cast<double>(next[i]);
        }
        layer = std::move(next);
      }
      for (std::int64_t i = 0; i < n * d; ++i) near(out[i], 0.25 * sum[i], 1e-5, "out", i);
    }
  }
}

AMR_TEST(lightgcnReadoutBfloat) {
  constexpr std::int64_t n = 33;
  for (const std::int64_t d : widths) {
    Matrix m = matrix(n, n, 8);
    for (std::int64_t e = 0; e < m.entries.size(); ++e) m.entries[e] = std::abs(m.entries[e]) / 8.0f;
    const Csr a = m.csr(true);
    Buffer<float> e0 = values(n * d, 2, 1), out(n * d), scratch(2 * n * d), sizes = values(n * d, 2);
    for (std::int64_t i = 0; i < n * d; ++i) sizes[i] = std::abs(sizes[i]);
    context.table.lightgcnReadoutBfloat({out.data(), scratch.data(), a, e0.data(), d, 1, 0.5f}, context.workers);
    for (std::int64_t i = 0; i < n * d; ++i) {
      const double expected = 0.5 * (static_cast<double>(e0[i]) + rowProduct(a, i / d, e0.data(), d, i % d));
      near(out[i], expected, 1e-6 + 0.5 / 256 * rowProduct(a, i / d, sizes.data(), d, i % d), "out", i);
    }
  }
}

AMR_TEST(neighbourMean) {
  for (const std::int64_t d : widths) {
    for (const std::int64_t k : {1, 10}) {
      Buffer<std::int32_t> neighbours = ids(45 * k, 17, 6);
      Buffer<float> x = values(17 * d, 3), out = values(45 * d, 4), before = values(45 * d, 4);
      context.table.neighbourMean({out.data(), neighbours.data(), x.data(), 45, k, d, 0.5f, 1.0f}, context.workers);
      for (std::int64_t i = 0; i < 45 * d; ++i) {
        double total = 0;
        for (std::int64_t j = 0; j < k; ++j) total += static_cast<double>(x[neighbours[i / d * k + j] * d + i % d]);
        near(out[i], 0.5 * total / static_cast<double>(k) + static_cast<double>(before[i]), 1e-5, "out", i);
      }
    }
  }
}

AMR_TEST(emptyMatrices) {
  Buffer<std::int32_t> offsets(5), none(0);
  Buffer<float> x = values(4 * 8, 1), out = values(4 * 8, 2), nothing(0);
  const Csr a{offsets.data(), none.data(), nullptr, 4, 4, 0};
  context.table.spmm({out.data(), a, x.data(), 8, 1.0f, 0.0f}, context.workers);
  for (std::int64_t i = 0; i < 32; ++i) near(out[i], 0.0, 0.0, "out", i);
  const Csr noRows{offsets.data(), none.data(), nullptr, 0, 4, 0};
  context.table.spmm({nothing.data(), noRows, x.data(), 8, 1.0f, 0.0f}, context.workers);
}

AMR_TEST(entryDots) {
  for (const std::int64_t d : widths) {
    Matrix pattern = matrix(40, 30, 5);
    const std::int64_t entries = pattern.indices.size();
    Buffer<float> a = values(40 * d, 1, 1), b = values(30 * d, 2), out(entries);
    context.table.entryDots({out.data(), pattern.csr(false), a.data(), b.data(), d, 0.0f}, context.workers);
    for (std::int64_t row = 0; row < 40; ++row) {
      for (std::int64_t e = pattern.offsets[row]; e < pattern.offsets[row + 1]; ++e) {
        double expected = 0;
        for (std::int64_t c = 0; c < d; ++c) {
          expected += static_cast<double>(a[row * d + c]) * static_cast<double>(b[pattern.indices[e] * d + c]);
        }
        near(out[e], expected, 1e-6, "dot", e);
      }
    }
  }
}

}  // namespace amr::test
