#pragma once
/**
 * Tensor-core products of TF32 on the host. Each lane holds its share of a fragment, as on a card, in a layout of its own: code
 * that relies on a card's layout goes wrong here. A product adds exact products of TF32 numbers to the sum and rounds it towards
 * zero, which is the worst that cards are known to do; operands that are not TF32 numbers are cut to them.
 */
#include "cuda_runtime.h"

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
namespace precision {
struct tf32 {};
}  // namespace precision
enum layout_t { mem_row_major, mem_col_major };

inline float cutToTf32(float x) {
  return cudaOnHost::fromBits<float>(cudaOnHost::toBits(x) & 0xffffe000u);
}
/** To nearest, ties away from zero. */
inline float __float_to_tf32(float x) {
  if (!(std::fabs(x) <= 3.402823466e38f)) return x;
  return cudaOnHost::fromBits<float>((cudaOnHost::toBits(x) + 0x1000u) & 0xffffe000u);
}
inline float towardsZero(double x) {
  const float nearest = static_cast<float>(x);
  return std::fabs(static_cast<double>(nearest)) > std::fabs(x) ? std::nextafterf(nearest, 0.0f) : nearest;
}

/** rows * columns numbers, number `i` of them in lane i % 32. */
template <int rows_, int columns_>
struct Share {
  static constexpr int rows = rows_, columns = columns_, num_elements = rows * columns / 32;
  float x[num_elements];
  static int row(int e) { return (static_cast<int>(cudaOnHost::lane()) + 32 * e) / columns; }
  static int column(int e) { return (static_cast<int>(cudaOnHost::lane()) + 32 * e) % columns; }
};

template <class Use, int m, int n, int k, class Number, class Layout = void>
struct fragment;
template <int m, int n, int k, class Layout>
struct fragment<matrix_a, m, n, k, precision::tf32, Layout> : Share<m, k> {};
template <int m, int n, int k, class Layout>
struct fragment<matrix_b, m, n, k, precision::tf32, Layout> : Share<k, n> {};
template <int m, int n, int k>
struct fragment<accumulator, m, n, k, float, void> : Share<m, n> {};

inline void meet() { cudaOnHost::collective(cudaOnHost::Collective::synchronise, ~0u, 0, 0); }

template <class Fragment>
void fill_fragment(Fragment& fragment, float value) {
  for (float& x : fragment.x) x = value;
}

/** Cards want 32-byte addresses and strides of 16 bytes: anything else stops here. */
inline void checkAddress(const void* data, unsigned stride) {
  if (reinterpret_cast<std::uintptr_t>(data) % 32 != 0 || stride % 4 != 0) cudaOnHost::stop("a fragment's address or stride is not aligned");
}

template <class Use, int m, int n, int k, class Layout>
void load_matrix_sync(fragment<Use, m, n, k, precision::tf32, Layout>& to, const float* from, unsigned stride) {
  using Own = fragment<Use, m, n, k, precision::tf32, Layout>;
  constexpr bool byRows = std::is_same_v<Layout, row_major>;
  checkAddress(from, stride);
  meet();
  for (int e = 0; e < Own::num_elements; ++e) {
    to.x[e] = byRows ? from[Own::row(e) * static_cast<int>(stride) + Own::column(e)] : from[Own::column(e) * static_cast<int>(stride) + Own::row(e)];
  }
}

template <int m, int n, int k>
void store_matrix_sync(float* to, const fragment<accumulator, m, n, k, float>& from, unsigned stride, layout_t layout) {
  using Own = fragment<accumulator, m, n, k, float>;
  checkAddress(to, stride);
  for (int e = 0; e < Own::num_elements; ++e) {
    const int row = Own::row(e), column = Own::column(e), step = static_cast<int>(stride);
    to[layout == mem_row_major ? row * step + column : column * step + row] = from.x[e];
  }
  meet();
}

template <int m, int n, int k, class LayoutA, class LayoutB>
void mma_sync(fragment<accumulator, m, n, k, float>& out, const fragment<matrix_a, m, n, k, precision::tf32, LayoutA>& a,
              const fragment<matrix_b, m, n, k, precision::tf32, LayoutB>& b, const fragment<accumulator, m, n, k, float>& c) {
  using A = fragment<matrix_a, m, n, k, precision::tf32, LayoutA>;
  using B = fragment<matrix_b, m, n, k, precision::tf32, LayoutB>;
  using C = fragment<accumulator, m, n, k, float>;
  static float left[32][m][k], right[32][k][n];  // of each warp of the block
  const unsigned warp = cudaOnHost::place.linear / 32;
  for (int e = 0; e < A::num_elements; ++e) left[warp][A::row(e)][A::column(e)] = cutToTf32(a.x[e]);
  for (int e = 0; e < B::num_elements; ++e) right[warp][B::row(e)][B::column(e)] = cutToTf32(b.x[e]);
  meet();
  C result;
  for (int e = 0; e < C::num_elements; ++e) {
    double sum = c.x[e];
    for (int p = 0; p < k; ++p) sum += static_cast<double>(left[warp][C::row(e)][p]) * static_cast<double>(right[warp][p][C::column(e)]);
    result.x[e] = towardsZero(sum);
  }
  meet();
  out = result;
}

}  // namespace nvcuda::wmma
