#include "kernels/sortSegments.h"

#include "runtime/scratch.h"
#include "simd/parallel.h"

namespace amr::AMR_ISA {
namespace {

/** An id in the upper half and a position in the lower. */
using Key = std::uint64_t;

constexpr int digitBits = 11, digits = 1 << digitBits;

std::int64_t digitOf(Key key, int shift) { return static_cast<std::int64_t>(key >> (32 + shift)) & (digits - 1); }

/** Stable radix sort of keys[n] by their ids, lowest digits first; the result is in the one of the two returned. */
Key* sorted(Key* keys, Key* spare, std::int64_t n, std::int32_t largest) {
  for (int shift = 0; shift < 32 && largest >> shift != 0; shift += digitBits) {
    std::int32_t starts[digits + 1] = {};
    for (std::int64_t i = 0; i < n; ++i) ++starts[digitOf(keys[i], shift) + 1];
    for (int digit = 0; digit < digits; ++digit) starts[digit + 1] += starts[digit];
    for (std::int64_t i = 0; i < n; ++i) spare[starts[digitOf(keys[i], shift)]++] = keys[i];
    Key* const done = spare;
    spare = keys;
    keys = done;
  }
  return keys;
}

std::int32_t idIn(Key key) { return static_cast<std::int32_t>(key >> 32); }

}  // namespace

// One thread: the ids of a batch are few, and handing them out would cost as much as sorting them.
void sortSegments(const SortSegments& s, const Workers&) {
  const std::int32_t n = static_cast<std::int32_t>(s.n);
  const Scratch memory(static_cast<std::size_t>(2 * s.n) * sizeof(Key));
  Key* const made = static_cast<Key*>(memory.data());
  std::int32_t largest = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    made[i] = static_cast<Key>(static_cast<std::uint32_t>(s.ids[i])) << 32 | static_cast<Key>(static_cast<std::uint32_t>(i));
    largest = s.ids[i] > largest ? s.ids[i] : largest;
  }
  const Key* const keys = sorted(made, made + n, n, largest);
  std::int32_t segments = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    if (i == 0 || idIn(keys[i]) != idIn(keys[i - 1])) {
      s.segmentOffsets[segments] = i;
      s.segmentIds[segments++] = idIn(keys[i]);
    }
    s.order[i] = static_cast<std::int32_t>(keys[i] & 0xffffffffu);
    s.places[s.order[i]] = segments - 1;
  }
  for (std::int32_t r = segments; r < n; ++r) {
    s.segmentOffsets[r] = n;
    s.segmentIds[r] = idIn(keys[n - 1]);
  }
  s.segmentOffsets[n] = n;
}

}  // namespace amr::AMR_ISA
