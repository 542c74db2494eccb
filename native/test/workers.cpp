#include <atomic>
#include <chrono>
#include <thread>

#include "test/harness.h"

namespace amr::test {
namespace {

struct Visits {
  std::vector<std::atomic<int>> counts;

  explicit Visits(std::int64_t chunks) : counts(static_cast<std::size_t>(chunks)) {}
  void run(const Workers& workers) {
    const auto visit = [](void* self, std::int64_t chunk) { static_cast<Visits*>(self)->counts[static_cast<std::size_t>(chunk)]++; };
    workers.run(static_cast<std::int64_t>(counts.size()), visit, this);
  }
  void expectEach(int times) const {
    for (std::size_t chunk = 0; chunk < counts.size(); ++chunk) near(static_cast<float>(counts[chunk]), times, 0.0, "visits", static_cast<std::int64_t>(chunk));
  }
};

}  // namespace

AMR_TEST(everyChunkRunsOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    for (const std::int64_t chunks : {0, 1, 2, 3, 7, 8, 1000}) {
      Visits visits(chunks);
      visits.run(Workers(threads));
      visits.expectEach(1);
    }
  }
}

AMR_TEST(callersAtTheSameMoment) {
  constexpr int jobs = 200;
  Visits here(37), there(41);
  std::thread other([&] {
    for (int job = 0; job < jobs; ++job) there.run(context.workers);
  });
  for (int job = 0; job < jobs; ++job) here.run(context.workers);
  other.join();
  here.expectEach(jobs);
  there.expectEach(jobs);
}

AMR_TEST(callersShareTheThreads) {
  // Longer than the time for which a caller counts, so that this one ends alone.
  const auto apart = std::chrono::milliseconds(60);
  const auto shareOf = [](int threads) {
    Visits visits(100);
    visits.run(Workers(threads));
    visits.expectEach(1);
    return Workers::lastShare();
  };
  std::this_thread::sleep_for(apart);
  near(shareOf(6), 6, 0, "threads of a caller alone");
  // The other is in the middle of a job, with all it asked for, until it is told to go on.
  std::atomic<int> begun{0};
  std::atomic<bool> mayEnd{false};
  int others = 0;
  std::thread other([&] {
    struct Held {
      std::atomic<int>& begun;
      std::atomic<bool>& mayEnd;
    } held{begun, mayEnd};
    std::this_thread::sleep_for(apart);
    const auto wait = [](void* self, std::int64_t) {
      static_cast<Held*>(self)->begun++;
      while (!static_cast<Held*>(self)->mayEnd) std::this_thread::yield();
    };
    Workers(4).run(4, wait, &held);
    others = Workers::lastShare();
  });
  while (begun == 0) std::this_thread::yield();
  const int own = shareOf(6), odd = shareOf(3), little = shareOf(2);
  mayEnd = true;
  other.join();
  near(own, 3, 0, "half of six threads");
  near(odd, 2, 0, "half of three threads");
  near(little, 1, 0, "half of two threads");
  near(others, 4, 0, "threads of the first caller");
  near(shareOf(6), 6, 0, "threads where the other has ended");
}

}  // namespace amr::test
