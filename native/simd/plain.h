#pragma once
// Plain C++: one lane for processors we have no vector code for, sixteen to test AVX-512 logic anywhere.
#include <cstring>

namespace amr::AMR_ISA {

constexpr int lanes = AMR_PLAIN_LANES;

struct Vec {
  float v[lanes];
};
struct IntVec {
  std::int32_t v[lanes];
};
struct Mask {
  std::uint32_t bits;
};

#define AMR_LANES for (int i = 0; i < lanes; ++i)

AMR_INLINE Vec splat(float value) { Vec r; AMR_LANES r.v[i] = value; return r; }
AMR_INLINE Vec zero() { return splat(0.0f); }
AMR_INLINE Vec load(const float* p) { Vec r; AMR_LANES r.v[i] = p[i]; return r; }
AMR_INLINE void store(float* p, Vec a) { AMR_LANES p[i] = a.v[i]; }
AMR_INLINE Vec loadPartial(const float* p, int n) { Vec r; AMR_LANES r.v[i] = i < n ? p[i] : 0.0f; return r; }
AMR_INLINE void storePartial(float* p, Vec a, int n) { AMR_LANES if (i < n) p[i] = a.v[i]; }

AMR_INLINE Vec operator+(Vec a, Vec b) { AMR_LANES a.v[i] += b.v[i]; return a; }
AMR_INLINE Vec operator-(Vec a, Vec b) { AMR_LANES a.v[i] -= b.v[i]; return a; }
AMR_INLINE Vec operator*(Vec a, Vec b) { AMR_LANES a.v[i] *= b.v[i]; return a; }
AMR_INLINE Vec operator/(Vec a, Vec b) { AMR_LANES a.v[i] /= b.v[i]; return a; }
AMR_INLINE Vec fma(Vec a, Vec b, Vec c) { AMR_LANES c.v[i] += a.v[i] * b.v[i]; return c; }
AMR_INLINE Vec minimum(Vec a, Vec b) { AMR_LANES a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i]; return a; }
AMR_INLINE Vec maximum(Vec a, Vec b) { AMR_LANES a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i]; return a; }
AMR_INLINE Vec squareRoot(Vec a) { AMR_LANES a.v[i] = __builtin_sqrtf(a.v[i]); return a; }
AMR_INLINE Vec absolute(Vec a) { AMR_LANES a.v[i] = __builtin_fabsf(a.v[i]); return a; }

AMR_INLINE Mask less(Vec a, Vec b) { Mask m{0}; AMR_LANES m.bits |= static_cast<std::uint32_t>(a.v[i] < b.v[i]) << i; return m; }
AMR_INLINE Mask lessEqual(Vec a, Vec b) { Mask m{0}; AMR_LANES m.bits |= static_cast<std::uint32_t>(a.v[i] <= b.v[i]) << i; return m; }
AMR_INLINE Mask equal(Vec a, Vec b) { Mask m{0}; AMR_LANES m.bits |= static_cast<std::uint32_t>(a.v[i] == b.v[i]) << i; return m; }
AMR_INLINE Mask isNan(Vec a) { Mask m{0}; AMR_LANES m.bits |= static_cast<std::uint32_t>(a.v[i] != a.v[i]) << i; return m; }
AMR_INLINE std::uint32_t bits(Mask m) { return m.bits; }
AMR_INLINE Vec select(Mask m, Vec a, Vec b) { AMR_LANES if (!(m.bits >> i & 1u)) a.v[i] = b.v[i]; return a; }

// Lane sums and maxima by halving, the same tree at every width of 16.
AMR_INLINE float sumLanes(Vec a) {
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) a.v[i] += a.v[i + half];
  return a.v[0];
}
AMR_INLINE float maximumLane(Vec a) {
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) a.v[i] = a.v[i] > a.v[i + half] ? a.v[i] : a.v[i + half];
  return a.v[0];
}
/** As many doubles as there are lanes, for sums that may not lose float32 digits. */
struct DoubleVec {
  double v[lanes];
};
AMR_INLINE DoubleVec zeroDouble() { DoubleVec r; AMR_LANES r.v[i] = 0.0; return r; }
AMR_INLINE DoubleVec addWide(DoubleVec total, Vec a) { AMR_LANES total.v[i] += static_cast<double>(a.v[i]); return total; }
/** total + a * b; the product of two floats is exact in a double. */
AMR_INLINE DoubleVec fmaWide(Vec a, Vec b, DoubleVec total) {
  AMR_LANES total.v[i] += static_cast<double>(a.v[i]) * static_cast<double>(b.v[i]);
  return total;
}
AMR_INLINE double sumDouble(DoubleVec a) { double s = 0; AMR_LANES s += a.v[i]; return s; }

AMR_INLINE IntVec splatInt(std::int32_t value) { IntVec r; AMR_LANES r.v[i] = value; return r; }
AMR_INLINE IntVec loadInt(const std::int32_t* p) { IntVec r; AMR_LANES r.v[i] = p[i]; return r; }
AMR_INLINE void storeInt(std::int32_t* p, IntVec a) { AMR_LANES p[i] = a.v[i]; }
AMR_INLINE IntVec operator+(IntVec a, IntVec b) {
  AMR_LANES a.v[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v[i]) + static_cast<std::uint32_t>(b.v[i]));
  return a;
}
AMR_INLINE IntVec operator-(IntVec a, IntVec b) {
  AMR_LANES a.v[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v[i]) - static_cast<std::uint32_t>(b.v[i]));
  return a;
}
AMR_INLINE IntVec operator&(IntVec a, IntVec b) { AMR_LANES a.v[i] &= b.v[i]; return a; }
AMR_INLINE IntVec operator|(IntVec a, IntVec b) { AMR_LANES a.v[i] |= b.v[i]; return a; }
AMR_INLINE IntVec minimumInt(IntVec a, IntVec b) { AMR_LANES a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i]; return a; }
AMR_INLINE IntVec maximumInt(IntVec a, IntVec b) { AMR_LANES a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i]; return a; }
template <int n> AMR_INLINE IntVec shiftLeft(IntVec a) {
  AMR_LANES a.v[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v[i]) << n);
  return a;
}
template <int n> AMR_INLINE IntVec shiftRight(IntVec a) { AMR_LANES a.v[i] >>= n; return a; }
/** Nearest integer, ties to even; lanes must be within +-2^22 or NaN, which gives some number. */
AMR_INLINE IntVec roundToInt(Vec a) {
  IntVec r;
  AMR_LANES {
    const float shifted = a.v[i] != a.v[i] ? 0.0f : a.v[i] + 12582912.0f;  // 1.5 * 2^23: the addition itself rounds
    r.v[i] = static_cast<std::int32_t>(shifted - 12582912.0f);
  }
  return r;
}
AMR_INLINE Vec toFloat(IntVec a) { Vec r; AMR_LANES r.v[i] = static_cast<float>(a.v[i]); return r; }
AMR_INLINE IntVec asInt(Vec a) { IntVec r; std::memcpy(&r, &a, sizeof r); return r; }
AMR_INLINE Vec asFloat(IntVec a) { Vec r; std::memcpy(&r, &a, sizeof r); return r; }

#undef AMR_LANES

}  // namespace amr::AMR_ISA
