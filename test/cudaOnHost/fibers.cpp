// The scheduler of CUDA threads as fibers: one operating system thread, one block at a time.
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "cuda_runtime.h"
#if !defined(__x86_64__)
#include <ucontext.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
// Saves the callee-saved registers on the old stack, moves to the new one: no system call, unlike swapcontext.
extern "C" void cudaOnHostSwitch(void** oldStack, void* newStack);
asm(R"(
.pushsection .text
.globl cudaOnHostSwitch
.type cudaOnHostSwitch,@function
cudaOnHostSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cudaOnHostSwitch,.-cudaOnHostSwitch
.popsection
)");
#endif

namespace cudaOnHost {

Place place;

namespace {

constexpr std::size_t stackBytes = 256 * 1024;  // AddressSanitizer's frames are large
constexpr unsigned maximumThreads = 1024, maximumWarps = maximumThreads / 32;

enum class State : std::uint8_t { ready, atBarrier, atCollective, passing, done };

struct Fiber {
  State state;
  uint3 thread;
  char* stack;
  /** bytes between the end of the stack and its first frame: threads whose frames lie alike would meet in one set of the cache */
  std::size_t shift;
  // the collective it waits in
  Collective kind;
  unsigned mask, source;
  std::uint64_t value, answer;
#if defined(__x86_64__)
  void* stackPointer;
#else
  ucontext_t context;
#endif
};

std::vector<Fiber> fibers;
unsigned count = 0, current = 0, done = 0, waitingAtBarrier = 0, passing = 0;
unsigned arrived[maximumWarps], living[maximumWarps];
const std::function<void()>* blockBody;
bool reverseOrder = false;
#if defined(__x86_64__)
void* schedulerStack;
#else
ucontext_t schedulerContext;
#endif
#if defined(__SANITIZE_ADDRESS__)
const void* mainStackBottom;
std::size_t mainStackSize;
#endif

void leaveFiber(bool forGood) {
  Fiber& fiber = fibers[current];
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(forGood ? nullptr : &fake, mainStackBottom, mainStackSize);
#endif
#if defined(__x86_64__)
  cudaOnHostSwitch(&fiber.stackPointer, schedulerStack);
#else
  swapcontext(&fiber.context, &schedulerContext);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  (void)forGood;
}

/** When every living lane of the mask has arrived, answers all of them; the last one to arrive does it. */
bool resolve(unsigned warp, unsigned mask, Collective kind) {
  const unsigned wanted = mask & living[warp];
  if ((arrived[warp] & wanted) != wanted) return false;
  Fiber* lanes = &fibers[warp * 32];
  unsigned ballot = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (!(wanted >> lane & 1u)) continue;
    if (lanes[lane].kind != kind || lanes[lane].mask != mask) stop("lanes of one mask are in different warp collectives");
    if (lanes[lane].value != 0) ballot |= 1u << lane;
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (!(wanted >> lane & 1u)) continue;
    // A lane that reads from one outside the mask gets its own value: undefined on a card, so tests must not rely on it.
    const unsigned source = wanted >> lanes[lane].source & 1u ? lanes[lane].source : lane;
    lanes[lane].answer = kind == Collective::ballot ? ballot : lanes[source].value;
    lanes[lane].state = State::ready;
  }
  arrived[warp] &= ~wanted;
  return true;
}

void fiberMain() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &mainStackBottom, &mainStackSize);
#endif
  (*blockBody)();
  Fiber& fiber = fibers[current];
  fiber.state = State::done;
  ++done;
  const unsigned warp = current / 32;
  living[warp] &= ~(1u << (current % 32));
  // Lanes that returned no longer hold up the others of their warp.
  for (unsigned i = warp * 32; i < count && i < warp * 32 + 32; ++i) {
    if (fibers[i].state == State::atCollective && resolve(warp, fibers[i].mask, fibers[i].kind)) break;
  }
  leaveFiber(true);
  std::abort();  // a fiber that is done is never entered again
}

void prepare(Fiber& fiber) {
  fiber.state = State::ready;
#if defined(__SANITIZE_ADDRESS__)
  // The last thread on this stack left it for good without returning, so the red zones of its frames are still marked.
  __asan_unpoison_memory_region(fiber.stack, stackBytes);
#endif
#if defined(__x86_64__)
  // As if fiberMain had been called: at its first instruction the stack pointer is 8 modulo 16.
  void** top = reinterpret_cast<void**>(fiber.stack + stackBytes - fiber.shift) - 3;
  *--top = reinterpret_cast<void*>(&fiberMain);
  fiber.stackPointer = top - 6;
#else
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = stackBytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, fiberMain, 0);
#endif
}

void enterFiber(unsigned index) {
  current = index;
  place.thread = fibers[index].thread;
  place.linear = index;
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, fibers[index].stack, stackBytes);
#endif
#if defined(__x86_64__)
  cudaOnHostSwitch(&schedulerStack, fibers[index].stackPointer);
#else
  swapcontext(&schedulerContext, &fibers[index].context);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

/** Runs the lanes of a warp in turn until all of them wait for other warps or are done; whether there was one to run. */
bool runWarp(unsigned warp) {
  const unsigned first = warp * 32, lanes = count - first < 32 ? count - first : 32;
  bool ran = false;
  for (bool moved = true; moved;) {
    moved = false;
    for (unsigned turn = 0; turn < lanes; ++turn) {
      const unsigned index = first + (reverseOrder ? lanes - 1 - turn : turn);
      if (fibers[index].state != State::ready) continue;
      enterFiber(index);
      ran = moved = true;
    }
  }
  return ran;
}

void runBlock() {
  done = waitingAtBarrier = passing = 0;
  for (unsigned warp = 0; warp < maximumWarps; ++warp) {
    const unsigned lanes = warp * 32 >= count ? 0 : count - warp * 32;
    arrived[warp] = 0;
    living[warp] = lanes >= 32 ? ~0u : (1u << lanes) - 1u;
  }
  for (unsigned i = 0; i < count; ++i) prepare(fibers[i]);
  const unsigned warps = (count + 31) / 32;
  for (unsigned idle = 0; done < count;) {
    bool progress = false;
    for (unsigned turn = 0; turn < warps; ++turn) progress = runWarp(reverseOrder ? warps - 1 - turn : turn) || progress;
    if (waitingAtBarrier > 0 && waitingAtBarrier + done == count) {
      // Threads that returned count as arrived, as the hardware does it.
      for (unsigned i = 0; i < count; ++i) {
        if (fibers[i].state == State::atBarrier) fibers[i].state = State::ready;
      }
      waitingAtBarrier = 0;
      progress = true;
    }
    // Who let others run goes on now; when nobody else moves, what it waits for does not come.
    const bool allPass = passing > 0 && passing + waitingAtBarrier + done == count;
    idle = allPass ? idle + 1 : 0;
    if (idle > 2) stop("threads wait for something that never happens");
    for (unsigned i = 0; passing > 0 && i < count; ++i) {
      if (fibers[i].state == State::passing) fibers[i].state = State::ready, --passing;
    }
    if (!progress) stop("some threads wait at a barrier or in a warp collective that others never reach");
  }
}

}  // namespace

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "CUDA on host: %s (block %u,%u,%u thread %u)\n", what, place.block.x, place.block.y, place.block.z, place.linear);
  std::abort();
}

void setReverseOrder(bool reverse) { reverseOrder = reverse; }
bool isReverseOrder() { return reverseOrder; }

unsigned livingLanes() { return living[current / 32]; }

void blockBarrier() {
  fibers[current].state = State::atBarrier;
  ++waitingAtBarrier;
  leaveFiber(false);
}

void letOthersRun() {
  fibers[current].state = State::passing;
  ++passing;
  leaveFiber(false);
}

std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source) {
  Fiber& fiber = fibers[current];
  ++counters.collectives;
  const unsigned warp = current / 32, lane = current % 32;
  if (!(mask >> lane & 1u)) stop("a lane calls a warp collective with a mask that leaves it out");
  fiber.kind = kind;
  fiber.mask = mask;
  fiber.value = value;
  fiber.source = source;
  fiber.state = State::atCollective;
  arrived[warp] |= 1u << lane;
  if (!resolve(warp, mask, kind)) leaveFiber(false);
  return fibers[warp * 32 + lane].answer;
}

void runGrid(dim3 grid, dim3 block, const std::function<void()>& body) {
  count = block.x * block.y * block.z;
  while (fibers.size() < count) {
    void* stack = mmap(nullptr, stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) stop("no memory for the stack of a thread");
    fibers.push_back(Fiber{});
    fibers.back().stack = static_cast<char*>(stack);
    fibers.back().shift = (fibers.size() * 7 % 64) * 64;
  }
  for (unsigned i = 0; i < count; ++i) {
    fibers[i].thread = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
  }
  blockBody = &body;
  place.blockSize = block;
  place.gridSize = grid;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        place.block = {x, y, z};
        runBlock();
      }
    }
  }
}

}  // namespace cudaOnHost
