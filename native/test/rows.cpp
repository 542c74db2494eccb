#include "test/harness.h"

namespace amr::test {

AMR_TEST(gatherAndScatterRows) {
  for (const std::int64_t d : widths) {
    Buffer<float> x = values(19 * d, 1, 1), gathered(60 * d), out(19 * d);
    Buffer<std::int32_t> rows = ids(60, 19, 2), order(60), offsets(20), segments(19);
    context.table.gatherRows({gathered.data(), x.data(), rows.data(), 60, d}, context.workers);
    for (std::int64_t i = 0; i < 60 * d; ++i) near(gathered[i], x[rows[i / d] * d + i % d], 0.0, "gathered", i);

    std::int32_t at = 0;
    for (std::int32_t id = 0; id < 19; ++id) {
      segments[id] = id;
      for (std::int32_t j = 0; j < 60; ++j) {
        if (rows[j] == id) order[at++] = j;
      }
      offsets[id + 1] = at;
    }
    context.table.scatterRows({out.data(), gathered.data(), order.data(), offsets.data(), segments.data(), 19, 60, d, 0.5f}, context.workers);
    for (std::int64_t i = 0; i < 19 * d; ++i) {
      const std::int64_t times = offsets[i / d + 1] - offsets[i / d];
      near(out[i], 0.5 * static_cast<double>(times) * static_cast<double>(x[i]), 1e-5, "out", i);
    }
  }
}

AMR_TEST(columns) {
  for (const std::int64_t d : widths) {
    const std::int64_t width = d + 11, n = 23;
    Buffer<float> x = values(n * d, 1), wide(n * width), back(n * d);
    context.table.copyColumns({wide.data(), x.data(), n, width, 11, d}, context.workers);
    context.table.addColumns({back.data(), wide.data(), n, width, 11, d}, context.workers);
    for (std::int64_t i = 0; i < n * d; ++i) near(back[i], x[i], 0.0, "back", i);
    for (std::int64_t i = 0; i < n * width; ++i) {
      if (i % width < 11) near(wide[i], 0.0, 0.0, "wide", i);
    }
  }
}

AMR_TEST(scalesAndBiases) {
  for (const std::int64_t d : widths) {
    const std::int64_t n = 70;
    Buffer<float> x = values(n * d, 1), scale = values(n, 2), bias = values(d, 3), out(n * d), sums = values(d, 4), before = values(d, 4);
    context.table.scaleRows({out.data(), x.data(), scale.data(), n, d}, context.workers);
    for (std::int64_t i = 0; i < n * d; ++i) near(out[i], x[i] * scale[i / d], 1e-7, "scaled", i);
    context.table.addBias({out.data(), x.data(), bias.data(), n, d, 1.0f}, context.workers);
    for (std::int64_t i = 0; i < n * d; ++i) near(out[i], x[i] + bias[i % d], 1e-7, "biased", i);
    context.table.addRowSums({sums.data(), x.data(), n, d}, context.workers);
    for (std::int64_t c = 0; c < d; ++c) {
      double total = static_cast<double>(before[c]);
      for (std::int64_t r = 0; r < n; ++r) total += static_cast<double>(x[r * d + c]);
      near(sums[c], total, 1e-5, "sums", c);
    }
  }
}

AMR_TEST(scalesColumnsAndTransposes) {
  for (const std::int64_t d : widths) {
    const std::int64_t n = 70;
    Buffer<float> x = values(n * d, 1), scale = values(d, 2), out(n * d), turned(n * d);
    context.table.scaleColumns({out.data(), x.data(), scale.data(), n, d, 0.0f}, context.workers);
    context.table.transpose({turned.data(), x.data(), n, d, 0.0f}, context.workers);
    for (std::int64_t i = 0; i < n * d; ++i) {
      near(out[i], x[i] * scale[i % d], 1e-7, "scaled", i);
      near(turned[i % d * n + i / d], x[i], 0.0, "turned", i);
    }
  }
}

AMR_TEST(quaternions) {
  // i j = k, j k = i, k i = j, and each of the other order negative.
  for (const std::int64_t d : widths) {
    Hypercomplex s{};
    s.n = 1, s.d = d, s.components = 4;
    s.weigh(HypercomplexPart::product, HypercomplexSigns::make(4, true));
    for (int unit = 1; unit < 4; ++unit) {
      const int next = unit % 3 + 1, third = 6 - unit - next;
      Buffer<float> left(4 * d), right(4 * d), out(4 * d);
      for (std::int64_t c = 0; c < d; ++c) left[unit * d + c] = 2.0f, right[next * d + c] = 3.0f;
      s.out = out.data(), s.left = left.data(), s.right = right.data();
      context.table.hypercomplex(s, context.workers);
      for (std::int64_t i = 0; i < 4 * d; ++i) near(out[i], i / d == third ? 6.0 : 0.0, 0.0, "product", i);
      s.left = right.data(), s.right = left.data();
      context.table.hypercomplex(s, context.workers);
      for (std::int64_t i = 0; i < 4 * d; ++i) near(out[i], i / d == third ? -6.0 : 0.0, 0.0, "swapped", i);
    }
  }
}

AMR_TEST(softmax) {
  for (const std::int64_t d : widths) {
    const std::int64_t n = 13;
    Buffer<float> x = values(n * d, 1), out(n * d), logSumExp(n), dOut = values(n * d, 2), dx = values(n * d, 3), before = values(n * d, 3);
    context.table.softmaxRows({out.data(), logSumExp.data(), x.data(), n, d}, context.workers);
    context.table.softmaxRowsBackward({dx.data(), dOut.data(), out.data(), n, d}, context.workers);
    for (std::int64_t r = 0; r < n; ++r) {
      double sum = 0, mean = 0;
      for (std::int64_t c = 0; c < d; ++c) sum += std::exp(static_cast<double>(x[r * d + c]));
      near(logSumExp[r], std::log(sum), 1e-6, "logSumExp", r);
      for (std::int64_t i = r * d; i < (r + 1) * d; ++i) {
        near(out[i], std::exp(static_cast<double>(x[i])) / sum, 1e-6, "softmax", i);
        mean += static_cast<double>(out[i]) * static_cast<double>(dOut[i]);
      }
      for (std::int64_t i = r * d; i < (r + 1) * d; ++i) {
        near(dx[i], static_cast<double>(before[i]) + static_cast<double>(out[i]) * (static_cast<double>(dOut[i]) - mean), 1e-6, "dx", i);
      }
    }
  }
}

}  // namespace amr::test
