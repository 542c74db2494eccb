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

// About 130 microseconds: longer than what JavaScript does between two kernels of a training step, for waking a thread takes 20 to 60;
// far shorter than a time slice.
constexpr int spinRounds = 10000;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/** A job is posted to a helper, taken by it, and its slot is idle again when the helper has finished. */
enum State : std::int32_t { idle, posted, taken };

/** The chunks of a job that one thread takes first: a run of neighbours, so that a thread finds in its own caches what it left there. */
struct alignas(64) Share {
  std::atomic<std::int64_t> next;
  std::int64_t end;
};

struct Job {
  Workers::Body body;
  void* context;
  Share* shares;
  int threads;

  /** Own chunks first, then what others have left. */
  void work(int self) {
    for (int step = 0; step < threads; ++step) {
      Share& share = shares[(self + step) % threads];
      for (;;) {
        const std::int64_t chunk = share.next.fetch_add(1, std::memory_order_relaxed);
        if (chunk >= share.end) break;
        body(context, chunk);
      }
    }
  }
};

void runAlone(std::int64_t chunks, Workers::Body body, void* context) {
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) body(context, chunk);
}

struct alignas(64) Helper {
  std::atomic<std::int32_t> state{idle};
  Job* job = nullptr;
  int self = 0;

  void serve() {
    for (;;) {
      awaitPosting();
      std::int32_t expected = posted;
      if (!state.compare_exchange_strong(expected, taken, std::memory_order_acquire)) continue;
      job->work(self);
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

  void post(Job* work, int thread) {
    job = work;
    self = thread;
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
  void run(std::int64_t chunks, Workers::Body body, void* context, int threads) {
    // A second JavaScript thread that computes at the same moment works alone instead of waiting.
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return runAlone(chunks, body, context);
    threads = 1 + start(threads - 1);
    for (int i = 0; i < threads; ++i) {
      shares_[i].next.store(chunks * i / threads, std::memory_order_relaxed);
      shares_[i].end = chunks * (i + 1) / threads;
    }
    Job job{body, context, shares_, threads};
    for (int i = 1; i < threads; ++i) helpers_[i - 1]->post(&job, i);
    job.work(0);
    for (int i = 1; i < threads; ++i) helpers_[i - 1]->settle();
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
  Share shares_[Workers::maximum] = {};
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
  const std::int64_t useful = chunks < threads_ ? chunks : threads_;
  if (useful <= 1) return runAlone(chunks, body, context);
  pool().run(chunks, body, context, static_cast<int>(useful));
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
