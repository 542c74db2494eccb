#include "test/harness.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace amr::test {
namespace {

struct Test {
  const char* name;
  void (*body)(const Context&);
};

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

std::uint32_t mixed(std::uint32_t seed, std::int64_t i) {
  std::uint32_t h = (seed ^ 0x9e3779b9u) * 0x85ebca6bu ^ (static_cast<std::uint32_t>(i) + 1u) * 0xc2b2ae35u;
  h = (h ^ h >> 16) * 0x7feb352du;
  h = (h ^ h >> 15) * 0x846ca68bu;
  return h ^ h >> 16;
}

}  // namespace

Registration::Registration(const char* name, void (*body)(const Context&)) { tests().push_back({name, body}); }

void fail(const std::string& why) { throw std::runtime_error(why); }

Buffer<float> values(std::int64_t n, std::uint32_t seed, std::int64_t shift) {
  Buffer<float> made(n, shift);
  for (std::int64_t i = 0; i < n; ++i) made[i] = static_cast<float>(mixed(seed, i)) / 2147483648.0f - 1.0f;
  return made;
}

Buffer<std::int32_t> ids(std::int64_t n, std::int64_t bound, std::uint32_t seed) {
  Buffer<std::int32_t> made(n);
  for (std::int64_t i = 0; i < n; ++i) made[i] = static_cast<std::int32_t>(mixed(seed, i) % static_cast<std::uint32_t>(bound));
  return made;
}

Matrix matrix(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
  Buffer<std::int32_t> offsets(rows + 1);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t entries = r == 1 ? cols : mixed(seed, r) % 7;
    offsets[r + 1] = static_cast<std::int32_t>(offsets[r] + entries);
  }
  const std::int64_t nnz = offsets[rows];
  return {std::move(offsets), ids(nnz, cols, seed + 1), values(nnz, seed + 2), rows, cols};
}

Csr Matrix::csr(bool withValues) {
  return {offsets.data(), indices.data(), withValues ? entries.data() : nullptr, rows, cols, indices.size()};
}

void near(double actual, double expected, double allowed, const char* what, std::int64_t at) {
  if (std::abs(actual - expected) <= allowed * (1.0 + std::abs(expected))) return;
  fail(std::string(what) + "[" + std::to_string(at) + "]: got " + std::to_string(actual) + ", expected " + std::to_string(expected));
}

}  // namespace amr::test

int main() {
  using namespace amr;
  using namespace amr::test;
  int passed = 0, failed = 0;
  for (const KernelTable* table : availableTables()) {
    for (const int threads : {1, 3}) {
      for (const Test& test : tests()) {
        try {
          test.body({*table, Workers(threads)});
          ++passed;
        } catch (const std::exception& error) {
          ++failed;
          std::printf("FAILED %s on %s with %d threads: %s\n", test.name, table->isa, threads, error.what());
        }
      }
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
