#include "test/harness.h"

namespace amr::test {

AMR_TEST(axpbyAndMultiply) {
  for (const std::int64_t n : lengths) {
    Buffer<float> a = values(n, 1, 1), b = values(n, 2), out = values(n, 3), before = values(n, 3);
    context.table.axpby({out.data(), a.data(), n, 0.25f, 2.0f}, context.workers);
    for (std::int64_t i = 0; i < n; ++i) near(out[i], 0.25 * static_cast<double>(a[i]) + 2.0 * static_cast<double>(before[i]), 1e-6, "out", i);
    context.table.multiply({out.data(), a.data(), b.data(), n, 0.0f}, context.workers);
    for (std::int64_t i = 0; i < n; ++i) near(out[i], a[i] * b[i], 1e-7, "product", i);
  }
}

AMR_TEST(reductions) {
  for (const std::int64_t n : lengths) {
    Buffer<float> a = values(n, 1, 1), b = values(n, 2), out(1);
    double sum = 0, dot = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      sum += static_cast<double>(a[i]);
      dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    context.table.sum({out.data(), a.data(), n, 2.0f}, context.workers);
    near(out[0], 2.0 * sum, 1e-6, "sum");
    context.table.dot({out.data(), a.data(), b.data(), n, 1.0f}, context.workers);
    near(out[0], dot, 1e-6, "dot");
  }
}

AMR_TEST(unaryFunctions) {
  const float odd[] = {0.0f, 1.0f, -1.0f, 88.7f, 90.0f, -87.0f, -104.0f, 1e-40f, 3e38f, -3e38f, 0.39f, INFINITY, -INFINITY, NAN};
  for (std::int64_t n : {1, 9, 14, 17, 1000}) {
    Buffer<float> x = values(n, 1, 1), out(n), dx(n), dOut = values(n, 2);
    for (std::int64_t i = 0; i < n && n == 14; ++i) x[i] = odd[i];
    for (int f = 0; f < static_cast<int>(UnaryFunction::count); ++f) {
      const UnaryFunction function = static_cast<UnaryFunction>(f);
      context.table.unary({out.data(), x.data(), n, function, 0.1f}, context.workers);
      context.table.unaryBackward({dx.data(), dOut.data(), x.data(), out.data(), n, function, 0.1f}, context.workers);
      for (std::int64_t i = 0; i < n; ++i) {
        const double v = static_cast<double>(x[i]);
        if (!(std::abs(v) < 80.0)) continue;
        if (function == UnaryFunction::exp) near(out[i], std::exp(v), 1e-6, "exp", i);
        if (function == UnaryFunction::tanh) near(out[i], std::tanh(v), 1e-6, "tanh", i);
        if (function == UnaryFunction::softplus) near(out[i], std::log1p(std::exp(v)), 1e-6, "softplus", i);
        if (function == UnaryFunction::log && v > 0) near(out[i], std::log(v), 1e-6, "log", i);
      }
    }
  }
}

AMR_TEST(adam) {
  for (const std::int64_t n : lengths) {
    Buffer<float> p = values(n, 1, 1), m(n), v(n), g = values(n, 2), before = values(n, 1);
    context.table.adam({p.data(), m.data(), v.data(), g.data(), n, 1, {1e-3, 0.9, 0.999, 1e-8, 0.0}}, context.workers);
    // The first step of Adam is the learning rate against the sign of the gradient.
    for (std::int64_t i = 0; i < n; ++i) near(p[i], before[i] - (g[i] > 0 ? 1e-3f : -1e-3f), 1e-6, "parameter", i);
  }
}

/** The rows `ids` of a table [n, d] as a table of their own. */
static Buffer<float> rowsOf(Buffer<float>& table, Buffer<std::int32_t>& ids, std::int64_t d) {
  Buffer<float> made(ids.size() * d);
  for (std::int64_t j = 0; j < ids.size(); ++j) {
    for (std::int64_t c = 0; c < d; ++c) made[j * d + c] = table[ids[j] * d + c];
  }
  return made;
}

AMR_TEST(adamOnRowsHasTheBitsOfAdamOnTheTable) {
  constexpr std::int64_t n = 37, steps = 23;
  for (const std::int64_t d : widths) {
    const AdamSettings settings{1e-2, 0.9, 0.999, 1e-8, 1e-3};
    Buffer<float> p = values(n * d, 1, 1), m(n * d), v(n * d), q = values(n * d, 1), mq(n * d), vq(n * d);
    Buffer<std::int32_t> taken(n);
    for (std::int64_t step = 1; step <= steps; ++step) {
      // Every third or so of the rows has a gradient, others none.
      Buffer<std::int32_t> listed(n);
      std::int64_t k = 0;
      for (std::int64_t row = 0; row < n; ++row) {
        if ((row * 7 + step * 5) % 11 < 4) listed[k++] = static_cast<std::int32_t>(row);
      }
      Buffer<std::int32_t> rows(k);
      for (std::int64_t j = 0; j < k; ++j) rows[j] = listed[j];
      Buffer<float> gradient(n * d);
      Buffer<float> drawn = values(n * d, static_cast<std::uint32_t>(step));
      for (std::int64_t j = 0; j < k; ++j) {
        for (std::int64_t c = 0; c < d; ++c) gradient[rows[j] * d + c] = drawn[rows[j] * d + c];
      }
      context.table.adam({p.data(), m.data(), v.data(), gradient.data(), n * d, step, settings}, context.workers);
      Buffer<float> own = rowsOf(gradient, rows, d);
      // Half of the steps first bring the rows up to the step before, as a reader of the rows does.
      if (step % 2 == 0) {
        context.table.adamRows({q.data(), mq.data(), vq.data(), taken.data(), rows.data(), nullptr, n, k, d, step - 1, nullptr, settings},
                               context.workers);
      }
      context.table.adamRows({q.data(), mq.data(), vq.data(), taken.data(), rows.data(), own.data(), n, k, d, step, nullptr, settings},
                             context.workers);
    }
    context.table.adamRows({q.data(), mq.data(), vq.data(), taken.data(), nullptr, nullptr, n, n, d, steps, nullptr, settings}, context.workers);
    for (std::int64_t row = 0; row < n; ++row) {
      if (taken[row] != steps) fail("a row that was not brought up to date");
    }
    for (std::int64_t i = 0; i < n * d; ++i) {
      if (p[i] != q[i] || m[i] != mq[i] || v[i] != vq[i]) fail("other bits at " + std::to_string(i));
    }
  }
}

AMR_TEST(adamRowsWithoutCountsMovesTheListedRowsByOneStep) {
  AdamSettings settings{};
  settings.learningRate = 0.1;
  settings.beta1 = 0.9;
  settings.beta2 = 0.999;
  settings.epsilon = 1e-8;
  for (const std::int64_t d : {1, 8, 33, 64}) {
    const std::int64_t n = 20, k = 3, step = 7;
    Buffer<std::int32_t> rows(k);
    for (std::int64_t j = 0; j < k; ++j) rows[j] = static_cast<std::int32_t>(4 * j + 1);
    Buffer<float> p = values(n * d, 1), m = values(n * d, 2), v(n * d), own = values(k * d, 4);
    Buffer<float> q = values(n * d, 1), mq = values(n * d, 2), vq(n * d);
    context.table.adamRows({p.data(), m.data(), v.data(), nullptr, rows.data(), own.data(), n, k, d, step, nullptr, settings}, context.workers);
    for (std::int64_t j = 0; j < k; ++j) {
      const std::int64_t at = rows[j] * d;
      context.table.adam({q.data() + at, mq.data() + at, vq.data() + at, own.data() + j * d, d, step, settings}, context.workers);
    }
    for (std::int64_t i = 0; i < n * d; ++i) {
      if (p[i] != q[i] || m[i] != mq[i] || v[i] != vq[i]) fail("other bits at " + std::to_string(i));
    }
  }
}

}  // namespace amr::test
