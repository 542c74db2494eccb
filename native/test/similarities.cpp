#include "test/harness.h"

namespace amr::test {
namespace {

double product(Buffer<float>& a, std::int64_t i, Buffer<float>& b, std::int64_t j, std::int64_t d) {
  double total = 0;
  for (std::int64_t c = 0; c < d; ++c) total += static_cast<double>(a[i * d + c]) * static_cast<double>(b[j * d + c]);
  return total;
}

struct Shape {
  std::int64_t n, m, d;
};

void checkInfonce(const Context& context, const Shape& shape) {
  const auto [n, m, d] = shape;
  const float temperature = 0.5f, upstream = 2.0f;
  Buffer<float> a = values(n * d, 1, 1), b = values(m * d, 2, 3), logSumExp(n), loss(1), da(n * d, 1), db(m * d, 3);
  for (std::int64_t i = 0; i < n * d; ++i) a[i] /= std::sqrt(static_cast<float>(d));
  Buffer<std::int32_t> targets = ids(n, m, 3);
  context.table.infonce({loss.data(), logSumExp.data(), a.data(), b.data(), targets.data(), nullptr, n, m, d, temperature}, context.workers);
  context.table.infonceBackward(
      {da.data(), db.data(), a.data(), b.data(), targets.data(), nullptr, logSumExp.data(), nullptr, n, m, d, temperature, upstream}, context.workers);

  double expectedLoss = 0;
  std::vector<double> expectedA(static_cast<std::size_t>(n * d)), expectedB(static_cast<std::size_t>(m * d));
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < m; ++j) sum += std::exp(product(a, i, b, j, d) / temperature);
    near(logSumExp[i], std::log(sum), 1e-5, "logSumExp", i);
    expectedLoss += std::log(sum) - product(a, i, b, targets[i], d) / temperature;
    for (std::int64_t j = 0; j < m; ++j) {
      const double p = std::exp(product(a, i, b, j, d) / temperature) / sum - (j == targets[i] ? 1 : 0);
      const double weight = p * upstream / (static_cast<double>(n) * temperature);
      for (std::int64_t c = 0; c < d; ++c) {
        expectedA[static_cast<std::size_t>(i * d + c)] += weight * static_cast<double>(b[j * d + c]);
        expectedB[static_cast<std::size_t>(j * d + c)] += weight * static_cast<double>(a[i * d + c]);
      }
    }
  }
  near(loss[0], expectedLoss / static_cast<double>(n), 1e-5, "loss");
  for (std::int64_t i = 0; i < n * d; ++i) near(da[i], expectedA[static_cast<std::size_t>(i)], 1e-5, "da", i);
  for (std::int64_t i = 0; i < m * d; ++i) near(db[i], expectedB[static_cast<std::size_t>(i)], 1e-5, "db", i);
}

}  // namespace

AMR_TEST(infonceAndItsGradients) {
  const Shape all[] = {{1, 1, 1}, {3, 5, 2}, {17, 33, 16}, {97, 40, 9}, {33, 513, 8}, {270, 40, 5}, {40, 260, 7}, {20, 30, 390}};
  for (const Shape& shape : all) checkInfonce(context, shape);
}

AMR_TEST(normalizedRowsAndTheirGradients) {
  for (const std::int64_t d : widths) {
    const std::int64_t n = 40;
    Buffer<float> x = values(n * d, 1, 1), out(n * d, 3), norms(n), dOut = values(n * d, 2), dx(n * d, 1), squares(n), along(n);
    for (std::int64_t c = 0; c < d; ++c) x[c] = 0.0f;
    context.table.normalizeRows({out.data(), norms.data(), x.data(), n, d}, context.workers);
    context.table.rowDot({squares.data(), out.data(), out.data(), n, d}, context.workers);
    context.table.normalizeRowsBackward({dx.data(), dOut.data(), out.data(), norms.data(), n, d}, context.workers);
    // The gradient is across the row: its product with the output is zero.
    context.table.rowDot({along.data(), out.data(), dx.data(), n, d}, context.workers);
    for (std::int64_t r = 0; r < n; ++r) {
      near(norms[r], std::sqrt(product(x, r, x, r, d)), 1e-6, "norm", r);
      near(squares[r], r == 0 ? 0.0 : 1.0, 1e-5, "square", r);
      near(along[r], 0.0, 1e-5 / (r == 0 ? 1.0 : static_cast<double>(norms[r])), "along", r);
    }
    for (std::int64_t c = 0; c < d; ++c) near(dx[c], static_cast<double>(dOut[c]) / 1e-12, 1e-5, "zero row", c);
  }
}

}  // namespace amr::test
