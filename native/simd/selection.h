#pragma once
// The k best of many (score, id) pairs under a total order, so that the order in which they come does not matter.
#include <cstring>

#include "simd/parallel.h"

namespace amr::AMR_ISA {

/**
 * A score and an id as one number: larger is better. Scores descend, equal scores by ascending id; -0 equals 0; NaN counts
 * as minus infinity. Every key is above 0.
 */
using SelectionKey = std::uint64_t;

AMR_INLINE SelectionKey selectionKey(float score, std::int64_t id) {
  if (score != score) score = -__builtin_inff();
  score += 0.0f;  // -0 becomes 0
  std::uint32_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  bits = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return static_cast<std::uint64_t>(bits) << 32 | ~static_cast<std::uint32_t>(id);
}
AMR_INLINE float keyScore(SelectionKey key) {
  std::uint32_t bits = static_cast<std::uint32_t>(key >> 32);
  bits = (bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits;
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}
AMR_INLINE std::int32_t keyId(SelectionKey key) { return static_cast<std::int32_t>(~static_cast<std::uint32_t>(key)); }

AMR_INLINE void swapKeys(SelectionKey& a, SelectionKey& b) {
  const SelectionKey held = a;
  a = b;
  b = held;
}

/** Larger keys to the left of the median of three; its place. Without branches on the keys: they are unpredictable. */
static inline std::int64_t partitionKeys(SelectionKey* keys, std::int64_t n) {
  SelectionKey &first = keys[0], &middle = keys[n / 2], &last = keys[n - 1];
  if (middle > first) swapKeys(middle, first);
  if (last > first) swapKeys(last, first);
  if (middle < last) swapKeys(middle, last);
  // first >= middle >= last: the pivot goes to the end
  swapKeys(middle, last);
  const SelectionKey pivot = last;
  std::int64_t place = 0;
  for (std::int64_t i = 0; i + 1 < n; ++i) {
    const SelectionKey key = keys[i];
    keys[i] = keys[place];
    keys[place] = key;
    place += key > pivot ? 1 : 0;
  }
  swapKeys(keys[place], last);
  return place;
}

/** Moves the k largest of n keys to the front, 0 < k <= n; returns the smallest of them. */
static inline SelectionKey selectKeys(SelectionKey* keys, std::int64_t n, std::int64_t k) {
  std::int64_t low = 0, high = n;
  while (high - low > 1) {
    const std::int64_t place = low + partitionKeys(keys + low, high - low);
    if (place == k - 1) break;
    if (place < k - 1) low = place + 1;
    else high = place;
  }
  return keys[k - 1];
}

/** Largest first. */
static inline void sortKeys(SelectionKey* keys, std::int64_t n) {
  while (n > 16) {
    const std::int64_t place = partitionKeys(keys, n);
    // The smaller part by recursion, so that its depth is at most log2(n).
    if (place < n - place - 1) {
      sortKeys(keys, place);
      keys += place + 1;
      n -= place + 1;
    } else {
      sortKeys(keys + place + 1, n - place - 1);
      n = place;
    }
  }
  for (std::int64_t i = 1; i < n; ++i) {
    const SelectionKey key = keys[i];
    std::int64_t at = i;
    for (; at > 0 && keys[at - 1] < key; --at) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

/**
 * The k best so far for each of several rows. A row collects up to `capacity` keys and then drops all but its k best; from
 * then on thresholds[row], the score of the k-th, keeps most candidates from ever becoming keys. Before, the threshold is
 * NaN: no score is less than NaN, so a filter that drops what is less passes everything.
 */
struct Selection {
  SelectionKey* keys;
  SelectionKey* floors;
  float* thresholds;
  std::int32_t* counts;
  std::int64_t k, capacity;

  static std::int64_t capacityFor(std::int64_t k) { return k + larger(16, k / 2); }
  static std::int64_t bytes(std::int64_t rows, std::int64_t k) {
    return ceilDivide(rows * (capacityFor(k) * 8 + 8 + 4 + 4), 64) * 64;
  }
  Selection(void* memory, std::int64_t rows, std::int64_t count)
      : keys(static_cast<SelectionKey*>(memory)), k(count), capacity(capacityFor(count)) {
    floors = keys + rows * capacity;
    thresholds = reinterpret_cast<float*>(floors + rows);
    counts = reinterpret_cast<std::int32_t*>(thresholds + rows);
    clear(rows);
  }

  void clear(std::int64_t rows) {
    for (std::int64_t row = 0; row < rows; ++row) {
      floors[row] = 0;
      thresholds[row] = __builtin_nanf("");
      counts[row] = 0;
    }
  }

  inline __attribute__((always_inline)) void add(std::int64_t row, float score, std::int64_t id) {
    const SelectionKey key = selectionKey(score, id);
    if (key <= floors[row]) return;
    SelectionKey* own = keys + row * capacity;
    own[counts[row]++] = key;
    if (counts[row] == capacity) drop(row);
  }

  /** Sorts a row's keys; returns how many of the k there are. */
  std::int64_t finish(std::int64_t row) {
    SelectionKey* own = keys + row * capacity;
    if (counts[row] > k) drop(row);
    sortKeys(own, counts[row]);
    return counts[row];
  }

 private:
  __attribute__((noinline)) void drop(std::int64_t row) {
    floors[row] = selectKeys(keys + row * capacity, counts[row], k);
    thresholds[row] = keyScore(floors[row]);
    counts[row] = static_cast<std::int32_t>(k);
  }
};

}  // namespace amr::AMR_ISA
