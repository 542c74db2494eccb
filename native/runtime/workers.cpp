#include "runtime/workers.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/processors.h"

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

/** A thread that called within this time still counts as calling: what JavaScript does between two kernels is shorter. */
constexpr std::chrono::milliseconds callingFor{20};

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // as long as a pause of x86; `yield` takes no time
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
  bool pinned;

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

/** Looked at once, before any helper is pinned. */
const std::vector<MemoryNode>& nodes() {
  static const auto* const found = new std::vector<MemoryNode>(memoryNodes(runnableProcessors()));
  return *found;
}

/** Advice only: where the system declines, everything works as before. */
void stayOn([[maybe_unused]] const MemoryNode& node) {
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int number : node) CPU_SET(number, &set);
  if (!node.empty()) (void)sched_setaffinity(0, sizeof set, &set);
#endif
}

struct Caller;

struct alignas(64) Helper {
  std::atomic<std::int32_t> state{idle};
  Job* job = nullptr;
  int self = 0;
  /** Of the pool, under its lock: whose job it is in, and whose it was in last. */
  bool isTaken = false;
  const Caller* owner = nullptr;

  void serve() {
    for (;;) {
      awaitPosting();
      std::int32_t expected = posted;
      if (!state.compare_exchange_strong(expected, taken, std::memory_order_acquire)) continue;
      if (job->pinned && nodes().size() > 1) enterNode(nodeOfThread(nodes(), self, job->threads));
      job->work(self);
      state.store(idle, std::memory_order_release);
      state.notify_all();
    }
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

 private:
  void awaitPosting() {
    for (int round = 0; round < spinRounds; ++round) {
      if (state.load(std::memory_order_relaxed) == posted) return;
      relax();
    }
    while (state.load(std::memory_order_relaxed) == idle) state.wait(idle, std::memory_order_relaxed);
  }

  void enterNode(std::size_t node) {
    if (node == node_) return;
    node_ = node;
    stayOn(nodes()[node]);
  }

  std::size_t node_ = static_cast<std::size_t>(-1);
};

/** A thread that runs jobs, one at a time. */
struct Caller {
  Helper* helpers[Workers::maximum];
  Share shares[Workers::maximum];
  int share = 1;
  /** Of the pool, under its lock. */
  bool isRunning = false;
  std::chrono::steady_clock::time_point ended{};

  Caller();
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
};

class Pool {
 public:
  void enter(Caller& caller) {
    const std::lock_guard<std::mutex> lock(mutex_);
    callers_.push_back(&caller);
  }

  void leave(const Caller& caller) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::erase(callers_, &caller);
    for (int i = 0; i < started_; ++i) {
      if (helpers_[i]->owner == &caller) helpers_[i]->owner = nullptr;
    }
  }

  /** Hands the caller its part of the threads it may use, itself included: those it had last, so that they find their caches. */
  void take(Caller& caller, int threads) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const int calling = 1 + others(caller);
    const int wanted = (threads + calling - 1) / calling;
    caller.isRunning = true;
    caller.share = 1;
    for (const bool isOwn : {true, false}) {
      for (int i = 0; i < started_ && caller.share < wanted; ++i) {
        if (!helpers_[i]->isTaken && (helpers_[i]->owner == &caller) == isOwn) add(caller, helpers_[i]);
      }
    }
    while (caller.share < wanted) {
      Helper* helper = start();
      if (helper == nullptr) return;
      add(caller, helper);
    }
  }

  void giveBack(Caller& caller) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (int i = 1; i < caller.share; ++i) caller.helpers[i - 1]->isTaken = false;
    caller.isRunning = false;
    if (callers_.size() > 1) caller.ended = std::chrono::steady_clock::now();
  }

 private:
  static void add(Caller& caller, Helper* helper) {
    helper->isTaken = true;
    helper->owner = &caller;
    caller.helpers[caller.share++ - 1] = helper;
  }

  int others(const Caller& caller) const {
    if (callers_.size() == 1) return 0;
    const auto since = std::chrono::steady_clock::now() - callingFor;
    int count = 0;
    for (const Caller* other : callers_) count += other != &caller && (other->isRunning || other->ended > since) ? 1 : 0;
    return count;
  }

  /** One more helper, or null where the system refuses a thread. */
  Helper* start() {
    if (started_ == Workers::maximum) return nullptr;
    auto helper = std::make_unique<Helper>();
    try {
      std::thread([raw = helper.get()] { raw->serve(); }).detach();
    } catch (const std::exception&) {
      return nullptr;
    }
    return helpers_[started_++] = helper.release();
  }

  std::mutex mutex_;
  std::vector<Caller*> callers_;
  Helper* helpers_[Workers::maximum] = {};
  int started_ = 0;
};

/** Never destroyed: its threads sleep in it until the process ends. */
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

Caller::Caller() { pool().enter(*this); }
Caller::~Caller() { pool().leave(*this); }

Caller& thisCaller() {
  // On the heap: many threads never call.
  thread_local const std::unique_ptr<Caller> caller = std::make_unique<Caller>();
  return *caller;
}

void runShared(std::int64_t chunks, Workers::Body body, void* context, int wanted, bool pinned) {
  Caller& caller = thisCaller();
  pool().take(caller, wanted);
  const int threads = caller.share;
  for (int i = 0; i < threads; ++i) {
    caller.shares[i].next.store(chunks * i / threads, std::memory_order_relaxed);
    caller.shares[i].end = chunks * (i + 1) / threads;
  }
  Job job{body, context, caller.shares, threads, pinned};
  for (int i = 1; i < threads; ++i) caller.helpers[i - 1]->post(&job, i);
  job.work(0);
  for (int i = 1; i < threads; ++i) caller.helpers[i - 1]->settle();
  pool().giveBack(caller);
}

}  // namespace

Workers::Workers(int threads, bool pinned) : threads_(threads), pinned_(pinned) {}
int Workers::threads() const { return threads_; }

void Workers::run(std::int64_t chunks, Body body, void* context) const {
  const std::int64_t useful = chunks < threads_ ? chunks : threads_;
  if (useful <= 1) return runAlone(chunks, body, context);
  runShared(chunks, body, context, static_cast<int>(useful), pinned_);
}

int Workers::lastShare() { return thisCaller().share; }

int Workers::machine() {
  static const int threads = usefulThreads(runnableProcessors().size(), processorQuota());
  return threads < maximum ? threads : maximum;
}

}  // namespace amr
