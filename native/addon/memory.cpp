#include "addon/memory.h"

#include <cstdint>

#include "runtime/workers.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace amr {
namespace {

constexpr std::uintptr_t hugePage = std::uintptr_t{1} << 21;
constexpr std::uintptr_t page = 4096;

/** Below, a thread would be woken for less than it costs. */
constexpr std::uintptr_t leastTouched = 4 * hugePage;

struct Touched {
  std::uintptr_t begin, end;
};

/** Part by part in order, as kernels cut rows: a thread gets the same part of the memory as of the work. */
void touchFirst(std::uintptr_t begin, std::uintptr_t end, const Workers& workers) {
  Touched touched{begin, end};
  const auto touch = [](void* context, std::int64_t chunk) {
    const Touched& all = *static_cast<const Touched*>(context);
    const std::uintptr_t from = all.begin + static_cast<std::uintptr_t>(chunk) * hugePage;
    const std::uintptr_t to = from + hugePage < all.end ? from + hugePage : all.end;
    for (std::uintptr_t at = from; at < to; at += page) *reinterpret_cast<volatile char*>(at) = 0;
  };
  workers.run(static_cast<std::int64_t>((end - begin + hugePage - 1) / hugePage), touch, &touched);
}

}  // namespace

Napi::Value prepareMemory(const Napi::CallbackInfo& info) {
  if (!info[0].IsArrayBuffer()) throw Napi::TypeError::New(info.Env(), "prepareMemory: expected an ArrayBuffer");
  Napi::ArrayBuffer buffer = info[0].As<Napi::ArrayBuffer>();
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.Data());
  const std::uintptr_t last = address + buffer.ByteLength();
#if defined(__linux__)
  const std::uintptr_t begin = (address + hugePage - 1) & ~(hugePage - 1);
  const std::uintptr_t end = last & ~(hugePage - 1);
  // Advice only: where the kernel declines, everything works as before.
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
  const int threads = info[1].IsNumber() ? info[1].As<Napi::Number>().Int32Value() : 1;
  if (threads > 1 && threads <= Workers::maximum && last - address >= leastTouched) {
    touchFirst(address, last, Workers(threads, info[2].ToBoolean().Value()));
  }
  return Napi::Number::New(info.Env(), static_cast<double>((64 - address % 64) % 64));
}

}  // namespace amr
