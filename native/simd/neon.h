#pragma once
// Every 64-bit ARM processor has these instructions.
#include <arm_neon.h>

namespace amr::AMR_ISA {

constexpr int lanes = 4;

struct Vec {
  float32x4_t v;
};
struct IntVec {
  int32x4_t v;
};
struct Mask {
  uint32x4_t v;
};

AMR_INLINE Vec splat(float value) { return {vdupq_n_f32(value)}; }
AMR_INLINE Vec zero() { return splat(0.0f); }
AMR_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
AMR_INLINE void store(float* p, Vec a) { vst1q_f32(p, a.v); }
/** 0 <= n <= 4; nothing past the first n elements is read or written. */
AMR_INLINE Vec loadPartial(const float* p, int n) {
  if (n == 4) return load(p);
  float32x4_t v = vdupq_n_f32(0.0f);
  if (n > 0) v = vld1q_lane_f32(p, v, 0);
  if (n > 1) v = vld1q_lane_f32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_f32(p + 2, v, 2);
  return {v};
}
AMR_INLINE void storePartial(float* p, Vec a, int n) {
  if (n == 4) return store(p, a);
  if (n > 0) vst1q_lane_f32(p, a.v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, a.v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, a.v, 2);
}

AMR_INLINE Vec operator+(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
AMR_INLINE Vec operator-(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
AMR_INLINE Vec operator*(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
AMR_INLINE Vec operator/(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
AMR_INLINE Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
// Not vminq and vmaxq: kernels rely on the second operand where one is NaN.
AMR_INLINE Vec minimum(Vec a, Vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
AMR_INLINE Vec maximum(Vec a, Vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
AMR_INLINE Vec squareRoot(Vec a) { return {vsqrtq_f32(a.v)}; }
AMR_INLINE Vec absolute(Vec a) { return {vabsq_f32(a.v)}; }

AMR_INLINE Mask less(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
AMR_INLINE Mask lessEqual(Vec a, Vec b) { return {vcleq_f32(a.v, b.v)}; }
AMR_INLINE Mask equal(Vec a, Vec b) { return {vceqq_f32(a.v, b.v)}; }
AMR_INLINE Mask isNan(Vec a) { return {vmvnq_u32(vceqq_f32(a.v, a.v))}; }
AMR_INLINE std::uint32_t bits(Mask m) {
  const uint32x4_t place = {1u, 2u, 4u, 8u};
  return vaddvq_u32(vandq_u32(m.v, place));
}
AMR_INLINE Vec select(Mask m, Vec a, Vec b) { return {vbslq_f32(m.v, a.v, b.v)}; }

AMR_INLINE float sumLanes(Vec a) {
  const float32x2_t s = vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v));
  return vget_lane_f32(s, 0) + vget_lane_f32(s, 1);
}
AMR_INLINE float maximumLane(Vec a) {
  const Vec s = maximum(a, {vextq_f32(a.v, a.v, 2)});
  return vgetq_lane_f32(maximum(s, {vextq_f32(s.v, s.v, 1)}).v, 0);
}
struct DoubleVec {
  float64x2_t low, high;
};
AMR_INLINE DoubleVec widen(Vec a) { return {vcvt_f64_f32(vget_low_f32(a.v)), vcvt_high_f64_f32(a.v)}; }
AMR_INLINE DoubleVec zeroDouble() { return {vdupq_n_f64(0.0), vdupq_n_f64(0.0)}; }
AMR_INLINE DoubleVec addWide(DoubleVec total, Vec a) {
  const DoubleVec w = widen(a);
  return {vaddq_f64(total.low, w.low), vaddq_f64(total.high, w.high)};
}
AMR_INLINE DoubleVec fmaWide(Vec a, Vec b, DoubleVec total) {
  const DoubleVec wa = widen(a), wb = widen(b);
  return {vfmaq_f64(total.low, wa.low, wb.low), vfmaq_f64(total.high, wa.high, wb.high)};
}
AMR_INLINE double sumDouble(DoubleVec a) {
  const float64x2_t s = vaddq_f64(a.low, a.high);
  return vgetq_lane_f64(s, 0) + vgetq_lane_f64(s, 1);
}

AMR_INLINE IntVec splatInt(std::int32_t value) { return {vdupq_n_s32(value)}; }
AMR_INLINE IntVec loadInt(const std::int32_t* p) { return {vld1q_s32(p)}; }
AMR_INLINE void storeInt(std::int32_t* p, IntVec a) { vst1q_s32(p, a.v); }
AMR_INLINE IntVec operator+(IntVec a, IntVec b) { return {vaddq_s32(a.v, b.v)}; }
AMR_INLINE IntVec operator-(IntVec a, IntVec b) { return {vsubq_s32(a.v, b.v)}; }
AMR_INLINE IntVec operator&(IntVec a, IntVec b) { return {vandq_s32(a.v, b.v)}; }
AMR_INLINE IntVec operator|(IntVec a, IntVec b) { return {vorrq_s32(a.v, b.v)}; }
AMR_INLINE IntVec minimumInt(IntVec a, IntVec b) { return {vminq_s32(a.v, b.v)}; }
AMR_INLINE IntVec maximumInt(IntVec a, IntVec b) { return {vmaxq_s32(a.v, b.v)}; }
template <int n> AMR_INLINE IntVec shiftLeft(IntVec a) { return {vshlq_n_s32(a.v, n)}; }
template <int n> AMR_INLINE IntVec shiftRight(IntVec a) { return {vshrq_n_s32(a.v, n)}; }
AMR_INLINE IntVec roundToInt(Vec a) { return {vcvtnq_s32_f32(a.v)}; }
AMR_INLINE Vec toFloat(IntVec a) { return {vcvtq_f32_s32(a.v)}; }
AMR_INLINE IntVec asInt(Vec a) { return {vreinterpretq_s32_f32(a.v)}; }
AMR_INLINE Vec asFloat(IntVec a) { return {vreinterpretq_f32_s32(a.v)}; }

}  // namespace amr::AMR_ISA
