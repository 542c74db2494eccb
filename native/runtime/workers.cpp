#include "runtime/workers.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace amr {
namespace {

// About 20 microseconds: longer than the gap between two kernels of a training step, far shorter than a time slice.
constexpr int spinRounds = 1500;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/** A job is posted to a helper, taken by it, and its slot is idle again when the helper has finished. */
enum State : std::int32_t { idle, posted, taken };

struct Job {
  std::int64_t chunks;
  Workers::Body body;
  void* context;
  std::atomic<std::int64_t> next{0};

  void work() {
    for (;;) {
      const std::int64_t chunk = next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks) return;
      body(context, chunk);
    }
  }
};

struct alignas(64) Helper {
  std::atomic<std::int32_t> state{idle};
  Job* job = nullptr;

  void serve() {
    for (;;) {
      awaitPosting();
      std::int32_t expected = posted;
      if (!state.compare_exchange_strong(expected, taken, std::memory_order_acquire)) continue;
      job->work();
      state.store(idle, std::memory_order_release);
      state.notify_all();
    }
  }

  void awaitPosting() {
    for (int round = 0; round < spinRounds; ++round) {
      if (state.load(std::memory_order_relaxed) == posted) return;
      relax();
    }
    while (state.load(std::memory_order_relaxed) == idle) state.wait(idle, std::memory_order_relaxed);
  }

  void post(Job* work) {
    job = work;
    state.store(posted, std::memory_order_release);
    state.notify_all();
  }

  /** Takes the job back from a helper that never started it (a busy machine), else waits for the helper to finish. */
  void settle() {
    std::int32_t expected = posted;
    if (state.compare_exchange_strong(expected, idle, std::memory_order_relaxed)) return;
    for (int round = 0; round < spinRounds; ++round) {
      if (state.load(std::memory_order_acquire) == idle) return;
      relax();
    }
    while (state.load(std::memory_order_acquire) == taken) state.wait(taken, std::memory_order_acquire);
  }
};

class Pool {
 public:
  void run(Job& job, int helpers) {
    // A second JavaScript thread that computes at the same moment works alone instead of waiting.
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return job.work();
    helpers = start(helpers);
    for (int i = 0; i < helpers; ++i) helpers_[i]->post(&job);
    job.work();
    for (int i = 0; i < helpers; ++i) helpers_[i]->settle();
  }

 private:
  /** Starts helpers until there are `wanted`; returns how many there are, fewer where the system refuses a thread. */
  int start(int wanted) {
    while (started_ < wanted) {
      auto helper = std::make_unique<Helper>();
      try {
        std::thread([raw = helper.get()] { raw->serve(); }).detach();
      } catch (const std::exception&) {
        return started_;
      }
      helpers_[started_++] = helper.release();
    }
    return wanted;
  }

  std::mutex mutex_;
  Helper* helpers_[Workers::maximum] = {};
  int started_ = 0;
};

/** Never destroyed: its threads sleep in it until the process ends. */
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

Workers::Workers(int threads) : threads_(threads) {}
int Workers::threads() const { return threads_; }

void Workers::run(std::int64_t chunks, Body body, void* context) const {
  Job job{chunks, body, context};
  const std::int64_t useful = chunks < threads_ ? chunks : threads_;
  if (useful <= 1) return job.work();
  pool().run(job, static_cast<int>(useful) - 1);
}

int Workers::machine() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return count < maximum ? count : maximum;
  }
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : count < maximum ? static_cast<int>(count) : maximum;
}

}  // namespace amr
