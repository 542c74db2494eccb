#include "test/harness.h"

namespace amr::test {
namespace {

double dot(const float* a, const float* b, std::int64_t d) {
  double total = 0;
  for (std::int64_t c = 0; c < d; ++c) total += static_cast<double>(a[c]) * static_cast<double>(b[c]);
  return total;
}

}  // namespace

AMR_TEST(bprOnATableEqualsBprOnRows) {
  for (const std::int64_t d : widths) {
    for (const std::int64_t batch : {1, 63, 64, 65, 200}) {
      constexpr std::int64_t rows = 123;
      Buffer<float> table = values(rows * d, 1, 1);
      Buffer<std::int32_t> nodes = ids(3 * batch, rows, 3);
      Buffer<float> triples(3 * batch * d), gradients(3 * batch * d), loss(1), stepLoss(1);
      context.table.gatherRows({triples.data(), table.data(), nodes.data(), 3 * batch, d}, context.workers);
      const auto part = [&](Buffer<float>& of, std::int64_t which) { return of.data() + which * batch * d; };
      context.table.bpr({loss.data(), part(gradients, 0), part(gradients, 1), part(gradients, 2), part(triples, 0), part(triples, 1),
                         part(triples, 2), batch, d, 1.0f},
                        context.workers);

      Buffer<std::int32_t> order(3 * batch), places(3 * batch), offsets(3 * batch + 1), segmentIds(3 * batch);
      context.table.sortSegments({order.data(), places.data(), offsets.data(), segmentIds.data(), nodes.data(), 3 * batch},
                                 context.workers);
      Buffer<float> dRows(3 * batch * d), slopes(batch);
      context.table.bprStep({stepLoss.data(), dRows.data(), slopes.data(), table.data(), nodes.data(), order.data(), offsets.data(),
                             segmentIds.data(), batch, 3 * batch, d, 0.0f},
                            context.workers);
      near(stepLoss[0], loss[0], 1e-6, "loss");

      double expected = 0;
      Buffer<double> sums(3 * batch * d);
      for (std::int64_t j = 0; j < batch; ++j) {
        const float* const user = part(triples, 0) + j * d;
        const double margin = dot(user, part(triples, 1) + j * d, d) - dot(user, part(triples, 2) + j * d, d);
        expected += std::log1p(std::exp(-margin)) / static_cast<double>(batch);
      }
      near(loss[0], expected, 1e-5, "loss");
      for (std::int64_t i = 0; i < 3 * batch; ++i) {
        if (segmentIds[places[i]] != nodes[i]) fail("a position in the run of another id");
        for (std::int64_t c = 0; c < d; ++c) sums[places[i] * d + c] += static_cast<double>(gradients[i * d + c]);
      }
      for (std::int64_t i = 0; i < 3 * batch * d; ++i) near(dRows[i], sums[i], 2e-6, "dRows", i);
    }
  }
}

AMR_TEST(sortedIdsAscendAndEqualOnesKeepTheirOrder) {
  for (const std::int64_t bound : {1, 2, 2047, 2048, 5'000'000, 2'147'483'647}) {
    for (const std::int64_t n : {0, 1, 2, 300, 5000}) {
      Buffer<std::int32_t> made = ids(n, bound, 7), order(n), places(n), offsets(n + 1), segmentIds(n);
      context.table.sortSegments({order.data(), places.data(), offsets.data(), segmentIds.data(), made.data(), n}, context.workers);
      for (std::int64_t i = 1; i < n; ++i) {
        const std::int32_t before = made[order[i - 1]], id = made[order[i]];
        if (before > id || (before == id && order[i - 1] >= order[i])) fail("ids out of order at " + std::to_string(i));
      }
      for (std::int64_t r = 0; r < n; ++r) {
        for (std::int64_t i = offsets[r]; i < offsets[r + 1]; ++i) {
          if (made[order[i]] != segmentIds[r] || places[order[i]] != r) fail("a run of other ids at " + std::to_string(i));
        }
      }
      if (offsets[n] != n) fail("runs that do not end with the ids");
    }
  }
}

}  // namespace amr::test
