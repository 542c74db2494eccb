#include "kernels/bpr.h"
#include "simd/bprLoss.h"
#include "simd/tiles.h"

namespace amr::AMR_ISA {
namespace {

/**
 * Positions [0, n) sorted by their ids, equal ids in order of position: a radix sort by bytes of the ids, which never move.
 * `order` and `spare` hold n each; the result is in the one returned.
 */
template <class IdOf>
std::int32_t* sortedByIds(std::int32_t* order, std::int32_t* spare, std::int64_t n, const IdOf& idOf) {
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    order[i] = static_cast<std::int32_t>(i);
    largest = idOf(i) > largest ? idOf(i) : largest;
  }
  for (int shift = 0; shift < 32 && largest >> shift != 0; shift += 8) {
    std::int32_t starts[257] = {};
    for (std::int64_t i = 0; i < n; ++i) ++starts[(idOf(i) >> shift & 255) + 1];
    for (int digit = 0; digit < 256; ++digit) starts[digit + 1] += starts[digit];
    for (std::int64_t i = 0; i < n; ++i) spare[starts[idOf(order[i]) >> shift & 255]++] = order[i];
    std::int32_t* const sorted = spare;
    spare = order;
    order = sorted;
  }
  return order;
}

/** gradients[id] += the contributions of all positions with that id, and l2 / batch * row for each of them. */
template <class IdOf, class AddTo>
void scatter(float* gradients, const float* table, const std::int32_t* order, std::int64_t n, float decay, std::int64_t d,
             const Workers& workers, const IdOf& idOf, const AddTo& addTo) {
  forRanges(workers, n, 64, [&](std::int64_t begin, std::int64_t end) {
    // A run of equal ids belongs to the piece in which it begins.
    std::int64_t i = begin;
    while (i < end && i > 0 && idOf(order[i]) == idOf(order[i - 1])) ++i;
    while (i < end) {
      const std::int64_t id = idOf(order[i]);
      std::int64_t last = i + 1;
      while (last < n && idOf(order[last]) == id) ++last;
      const float weight = decay * static_cast<float>(last - i);
      forTiles(d, [&](auto tile, std::int64_t c) {
        auto total = tile.read(gradients + id * d + c);
        for (std::int64_t k = i; k < last; ++k) addTo(tile, total, order[k], c);
        tile.addScaled(total, splat(weight), table + id * d + c);
        tile.write(gradients + id * d + c, total);
      });
      i = last;
    }
  });
}

}  // namespace

void bprStep(const BprStep& s, const Workers& workers) {
  const std::int64_t d = s.d, batch = s.batch;
  const float inverse = 1.0f / static_cast<float>(batch);
  const float decay = s.l2 * inverse;
  float* const slopes = s.scratch;
  const auto user = [&](std::int64_t j) { return s.users + s.userIds[j] * d; };
  const auto positive = [&](std::int64_t j) { return s.items + s.positiveIds[j] * d; };
  const auto negative = [&](std::int64_t j) { return s.items + s.negativeIds[j] * d; };

  const double total = sumOfChunks(workers, ceilDivide(batch, rowsAtOnce), [&](std::int64_t chunk) {
    const std::int64_t begin = chunk * rowsAtOnce, end = smaller(begin + rowsAtOnce, batch);
    double squares = 0.0;
    for (std::int64_t j = begin; j < end; ++j) {
      slopes[j] = margin(user(j), positive(j), negative(j), d);
      if (s.l2 != 0.0f) squares += squaredLength(user(j), d) + squaredLength(positive(j), d) + squaredLength(negative(j), d);
    }
    const double loss = lossAndSlopes(slopes + begin, end - begin);
    for (std::int64_t j = begin; j < end; ++j) slopes[j] *= inverse;
    return loss + 0.5 * static_cast<double>(s.l2) * squares;
  });
  *s.loss = static_cast<float>(total / static_cast<double>(batch));

  // Positions in [0, batch) of the items are positives, those in [batch, 2 batch) negatives.
  const auto userId = [&](std::int64_t j) { return s.userIds[j]; };
  const auto itemId = [&](std::int64_t j) { return j < batch ? s.positiveIds[j] : s.negativeIds[j - batch]; };
  std::int32_t* orders[2] = {};
  forChunks(workers, 2, [&](std::int64_t which) {
    std::int32_t* const memory = s.intScratch;
    orders[which] = which == 0 ? sortedByIds(memory + 4 * batch, memory + 5 * batch, batch, userId)
                               : sortedByIds(memory, memory + 2 * batch, 2 * batch, itemId);
  });
  scatter(s.dUsers, s.users, orders[0], batch, decay, d, workers, userId,
          [&](auto tile, auto& sum, std::int64_t j, std::int64_t c) {
            tile.addScaled(sum, splat(slopes[j]), positive(j) + c);
            tile.addScaled(sum, splat(-slopes[j]), negative(j) + c);
          });
  scatter(s.dItems, s.items, orders[1], 2 * batch, decay, d, workers, itemId,
          [&](auto tile, auto& sum, std::int64_t j, std::int64_t c) {
            if (j < batch) tile.addScaled(sum, splat(slopes[j]), user(j) + c);
            else tile.addScaled(sum, splat(-slopes[j - batch]), user(j - batch) + c);
          });
}

}  // namespace amr::AMR_ISA
