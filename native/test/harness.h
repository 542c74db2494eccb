#pragma once
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/table.h"

namespace amr::test {

/** What a test runs on: one instruction set and a number of threads. */
struct Context {
  const KernelTable& table;
  Workers workers;
};

/** Registers a test that runs once for every instruction set and number of threads. */
struct Registration {
  Registration(const char* name, void (*body)(const Context&));
};
#define AMR_TEST(name)                                                 \
  static void name(const amr::test::Context& context);                 \
  static const amr::test::Registration name##Registration(#name, name); \
  static void name([[maybe_unused]] const amr::test::Context& context)

/** Ends the running test as failed. */
[[noreturn]] void fail(const std::string& why);

/**
 * Heap memory of exactly n elements, so that the sanitizer sees the first one too many. `shift` elements are left free
 * before them, which moves the start off the alignment vector loads would like.
 */
template <class Element>
class Buffer {
 public:
  explicit Buffer(std::int64_t n, std::int64_t shift = 0)
      : memory_(new Element[static_cast<std::size_t>(n + shift)]), n_(n), shift_(shift) {
    for (std::int64_t i = 0; i < n; ++i) data()[i] = Element{};
  }
  Element* data() { return memory_.get() + shift_; }
  Element& operator[](std::int64_t i) { return data()[i]; }
  std::int64_t size() const { return n_; }

 private:
  std::unique_ptr<Element[]> memory_;
  std::int64_t n_, shift_;
};

/** Reproducible values in [-1, 1), and ids in [0, bound). */
Buffer<float> values(std::int64_t n, std::uint32_t seed, std::int64_t shift = 0);
Buffer<std::int32_t> ids(std::int64_t n, std::int64_t bound, std::uint32_t seed);

/** A matrix with 0 to 6 entries a row, row 1 full; owns its arrays. */
struct Matrix {
  Buffer<std::int32_t> offsets, indices;
  Buffer<float> entries;
  std::int64_t rows, cols;
  Csr csr(bool withValues);
};
Matrix matrix(std::int64_t rows, std::int64_t cols, std::uint32_t seed);

/** Fails unless |actual - expected| <= allowed * (1 + |expected|). */
void near(double actual, double expected, double allowed, const char* what, std::int64_t at = 0);

/** Sizes around the edges of vectors, tiles and chunks. */
inline const std::int64_t widths[] = {1, 3, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 128, 192, 200};
inline const std::int64_t lengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129, 1023, 1025, 16383, 16385, 40000};

}  // namespace amr::test
