#include "test/harness.h"

namespace amr::test {

AMR_TEST(randomValuesFollowTheirLaws) {
  for (const std::int64_t n : lengths) {
    Buffer<float> uniform(n, 1), normal(n), gumbel(n, 3);
    context.table.randomValues({uniform.data(), n, RandomLaw::uniform, 1, 2}, context.workers);
    context.table.randomValues({normal.data(), n, RandomLaw::normal, 1, 2}, context.workers);
    context.table.randomValues({gumbel.data(), n, RandomLaw::gumbel, 1, 2}, context.workers);
    for (std::int64_t i = 0; i < n; ++i) {
      const double u = static_cast<double>(uniform[i]);
      if (!(u > 0 && u < 1)) fail("a uniform number outside (0, 1)");
      near(0.5 * std::erfc(-static_cast<double>(normal[i]) / std::sqrt(2.0)), u, 1e-6, "distribution of normal", i);
      near(std::exp(-std::exp(-static_cast<double>(gumbel[i]))), u, 2e-6, "distribution of gumbel", i);
    }
  }
}

AMR_TEST(dropoutKeepsOrDropsByTheUniformNumbers) {
  for (const std::int64_t n : lengths) {
    Buffer<float> x = values(n, 1, 1), out(n), uniform(n);
    context.table.dropout({out.data(), x.data(), n, 0.25f, 0.0f, 5, 6}, context.workers);
    context.table.randomValues({uniform.data(), n, RandomLaw::uniform, 5, 6}, context.workers);
    for (std::int64_t i = 0; i < n; ++i) near(out[i], uniform[i] < 0.25f ? 0.0f : x[i] / 0.75f, 1e-6, "dropout", i);
  }
}

}  // namespace amr::test
