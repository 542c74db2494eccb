#include <atomic>
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

}  // namespace amr::test
