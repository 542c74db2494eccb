#pragma once
#include <immintrin.h>

namespace amr::AMR_ISA {

constexpr int lanes = 8;

struct Vec {
  __m256 v;
};
struct IntVec {
  __m256i v;
};
struct Mask {
  __m256 v;
};

AMR_INLINE Vec splat(float value) { return {_mm256_set1_ps(value)}; }
AMR_INLINE Vec zero() { return {_mm256_setzero_ps()}; }
AMR_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
AMR_INLINE void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
/** The first n lanes selected, 0 <= n <= 8. */
AMR_INLINE __m256i firstLanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
AMR_INLINE Vec loadPartial(const float* p, int n) { return {_mm256_maskload_ps(p, firstLanes(n))}; }
AMR_INLINE void storePartial(float* p, Vec a, int n) { _mm256_maskstore_ps(p, firstLanes(n), a.v); }

AMR_INLINE Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
AMR_INLINE Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
AMR_INLINE Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
AMR_INLINE Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
AMR_INLINE Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
AMR_INLINE Vec minimum(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
AMR_INLINE Vec maximum(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
AMR_INLINE Vec squareRoot(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
AMR_INLINE Vec absolute(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }

AMR_INLINE Mask less(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
AMR_INLINE Mask lessEqual(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
AMR_INLINE Mask equal(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
AMR_INLINE Mask isNan(Vec a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
AMR_INLINE std::uint32_t bits(Mask m) { return static_cast<std::uint32_t>(_mm256_movemask_ps(m.v)); }
AMR_INLINE Vec select(Mask m, Vec a, Vec b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }

AMR_INLINE float sumLanes(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
AMR_INLINE float maximumLane(Vec a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
struct DoubleVec {
  __m256d low, high;
};
AMR_INLINE DoubleVec widen(Vec a) { return {_mm256_cvtps_pd(_mm256_castps256_ps128(a.v)), _mm256_cvtps_pd(_mm256_extractf128_ps(a.v, 1))}; }
AMR_INLINE DoubleVec zeroDouble() { return {_mm256_setzero_pd(), _mm256_setzero_pd()}; }
AMR_INLINE DoubleVec addWide(DoubleVec total, Vec a) {
  const DoubleVec w = widen(a);
  return {_mm256_add_pd(total.low, w.low), _mm256_add_pd(total.high, w.high)};
}
AMR_INLINE DoubleVec fmaWide(Vec a, Vec b, DoubleVec total) {
  const DoubleVec wa = widen(a), wb = widen(b);
  return {_mm256_fmadd_pd(wa.low, wb.low, total.low), _mm256_fmadd_pd(wa.high, wb.high, total.high)};
}
AMR_INLINE double sumDouble(DoubleVec a) {
  const __m256d s = _mm256_add_pd(a.low, a.high);
  const __m128d h = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
  return _mm_cvtsd_f64(_mm_add_sd(h, _mm_unpackhi_pd(h, h)));
}

AMR_INLINE IntVec splatInt(std::int32_t value) { return {_mm256_set1_epi32(value)}; }
AMR_INLINE IntVec loadInt(const std::int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
AMR_INLINE void storeInt(std::int32_t* p, IntVec a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
AMR_INLINE IntVec operator+(IntVec a, IntVec b) { return {_mm256_add_epi32(a.v, b.v)}; }
AMR_INLINE IntVec operator-(IntVec a, IntVec b) { return {_mm256_sub_epi32(a.v, b.v)}; }
AMR_INLINE IntVec operator&(IntVec a, IntVec b) { return {_mm256_and_si256(a.v, b.v)}; }
AMR_INLINE IntVec operator|(IntVec a, IntVec b) { return {_mm256_or_si256(a.v, b.v)}; }
AMR_INLINE IntVec minimumInt(IntVec a, IntVec b) { return {_mm256_min_epi32(a.v, b.v)}; }
AMR_INLINE IntVec maximumInt(IntVec a, IntVec b) { return {_mm256_max_epi32(a.v, b.v)}; }
template <int n> AMR_INLINE IntVec shiftLeft(IntVec a) { return {_mm256_slli_epi32(a.v, n)}; }
template <int n> AMR_INLINE IntVec shiftRight(IntVec a) { return {_mm256_srai_epi32(a.v, n)}; }
AMR_INLINE IntVec roundToInt(Vec a) { return {_mm256_cvtps_epi32(a.v)}; }
AMR_INLINE Vec toFloat(IntVec a) { return {_mm256_cvtepi32_ps(a.v)}; }
AMR_INLINE IntVec asInt(Vec a) { return {_mm256_castps_si256(a.v)}; }
AMR_INLINE Vec asFloat(IntVec a) { return {_mm256_castsi256_ps(a.v)}; }

}  // namespace amr::AMR_ISA
