#include "test/harness.h"

namespace amr::test {
namespace {

double dot(const float* a, const float* b, std::int64_t d) {
  double total = 0;
  for (std::int64_t c = 0; c < d; ++c) total += static_cast<double>(a[c]) * static_cast<double>(b[c]);
  return total;
}

}  // namespace

AMR_TEST(bprOnTablesEqualsBprOnRows) {
  for (const std::int64_t d : widths) {
    for (const std::int64_t batch : {1, 63, 64, 65, 200}) {
      constexpr std::int64_t userRows = 23, itemRows = 300;
      Buffer<float> users = values(userRows * d, 1, 1), items = values(itemRows * d, 2);
      Buffer<std::int32_t> user = ids(batch, userRows, 3), positive = ids(batch, itemRows, 4), negative = ids(batch, itemRows, 5);
      Buffer<float> u(batch * d), p(batch * d), n(batch * d), du(batch * d), dp(batch * d), dn(batch * d), loss(1), stepLoss(1);
      context.table.gatherRows({u.data(), users.data(), user.data(), batch, d}, context.workers);
      context.table.gatherRows({p.data(), items.data(), positive.data(), batch, d}, context.workers);
      context.table.gatherRows({n.data(), items.data(), negative.data(), batch, d}, context.workers);
      context.table.bpr({loss.data(), du.data(), dp.data(), dn.data(), u.data(), p.data(), n.data(), batch, d, 1.0f}, context.workers);

      Buffer<float> dUsers(userRows * d), dItems(itemRows * d), scratch(3 * batch * d);
      Buffer<std::int32_t> intScratch(6 * batch + userRows + itemRows + 2);
      context.table.bprStep({stepLoss.data(), dUsers.data(), dItems.data(), scratch.data(), intScratch.data(), users.data(),
                             items.data(), user.data(), positive.data(), negative.data(), batch, d, 0.0f},
                            context.workers);
      near(stepLoss[0], loss[0], 1e-6, "loss");

      double expected = 0;
      Buffer<double> eUsers(userRows * d), eItems(itemRows * d);
      for (std::int64_t j = 0; j < batch; ++j) {
        const double margin = dot(u.data() + j * d, p.data() + j * d, d) - dot(u.data() + j * d, n.data() + j * d, d);
        expected += std::log1p(std::exp(-margin)) / static_cast<double>(batch);
        for (std::int64_t c = 0; c < d; ++c) {
          eUsers[user[j] * d + c] += static_cast<double>(du[j * d + c]);
          eItems[positive[j] * d + c] += static_cast<double>(dp[j * d + c]);
          eItems[negative[j] * d + c] += static_cast<double>(dn[j * d + c]);
        }
      }
      near(loss[0], expected, 1e-5, "loss");
      for (std::int64_t i = 0; i < userRows * d; ++i) near(dUsers[i], eUsers[i], 2e-6, "dUsers", i);
      for (std::int64_t i = 0; i < itemRows * d; ++i) near(dItems[i], eItems[i], 2e-6, "dItems", i);
    }
  }
}

}  // namespace amr::test
