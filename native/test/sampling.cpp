#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/pairSchedule.h"
#include "test/harness.h"

namespace amr::test {

AMR_TEST(philoxGivesThePublishedAnswer) {
  // The first known answer of Random123 for philox4x32-10: key and counter zero give 6627e8d5 as their first word.
  Buffer<std::int32_t> negatives(1), users(1), offsets(2), none(0);
  const std::int64_t items = 2147483647;
  const Csr train{offsets.data(), none.data(), nullptr, 1, 1, 0};
  context.table.sampleNegatives({negatives.data(), users.data(), train, 1, items, 0, 0, 0}, context.workers);
  near(negatives[0], static_cast<double>((std::uint64_t{0x6627e8d5} * static_cast<std::uint64_t>(items)) >> 32), 0.0, "negative");
}

AMR_TEST(negativesAreNeverTrainingItems) {
  constexpr std::int64_t rows = 30, items = 40, m = 3000;
  Matrix train = matrix(rows, items, 1);
  // Sorted rows; row 1 has 40 draws with repetitions, so that most but not all items are in it.
  for (std::int64_t row = 0; row < rows; ++row) {
    std::sort(train.indices.data() + train.offsets[row], train.indices.data() + train.offsets[row + 1]);
  }
  Buffer<std::int32_t> negatives(m), users = ids(m, rows, 2);
  context.table.sampleNegatives({negatives.data(), users.data(), train.csr(false), m, items, 7, 8, 9}, context.workers);
  for (std::int64_t j = 0; j < m; ++j) {
    const std::int32_t* begin = train.indices.data() + train.offsets[users[j]];
    const std::int32_t* end = train.indices.data() + train.offsets[users[j] + 1];
    if (negatives[j] < 0 || negatives[j] >= items) fail("negative out of range");
    if (std::find(begin, end, negatives[j]) != end) fail("negative among the training items");
  }
}

AMR_TEST(pairsAreDealtOnceAndNeverShareABlock) {
  for (const std::int64_t blocks : {1, 2, 3, 9}) {
    PairSchedule schedule(blocks);
    std::vector<std::atomic<int>> holders(static_cast<std::size_t>(blocks)), times(static_cast<std::size_t>(blocks * blocks));
    std::atomic<int> shared{0};
    const auto hold = [&](std::int64_t block) { shared += holders[static_cast<std::size_t>(block)].fetch_add(1); };
    const auto work = [&] {
      for (BlockPair pair; schedule.next(pair);) {
        hold(pair.first);
        if (pair.second != pair.first) hold(pair.second);
        ++times[static_cast<std::size_t>(pair.first * blocks + pair.second)];
        std::this_thread::yield();
        --holders[static_cast<std::size_t>(pair.first)];
        if (pair.second != pair.first) --holders[static_cast<std::size_t>(pair.second)];
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < context.workers.threads(); ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    if (shared != 0) fail("a block was held twice");
    for (std::int64_t i = 0; i < blocks * blocks; ++i) {
      near(times[static_cast<std::size_t>(i)], i / blocks <= i % blocks ? 1 : 0, 0.0, "times dealt", i);
    }
  }
}

}  // namespace amr::test
