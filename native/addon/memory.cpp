#include "addon/memory.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace amr {

Napi::Value prepareMemory(const Napi::CallbackInfo& info) {
  if (!info[0].IsArrayBuffer()) throw Napi::TypeError::New(info.Env(), "prepareMemory: expected an ArrayBuffer");
  const Napi::ArrayBuffer buffer = info[0].As<Napi::ArrayBuffer>();
  const auto address = reinterpret_cast<std::uintptr_t>(const_cast<Napi::ArrayBuffer&>(buffer).Data());
#if defined(__linux__)
  constexpr std::uintptr_t hugePage = std::uintptr_t{1} << 21;
  const std::uintptr_t begin = (address + hugePage - 1) & ~(hugePage - 1);
  const std::uintptr_t end = (address + const_cast<Napi::ArrayBuffer&>(buffer).ByteLength()) & ~(hugePage - 1);
  // Advice only: where the kernel declines, everything works as before.
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
  return Napi::Number::New(info.Env(), static_cast<double>((64 - address % 64) % 64));
}

}  // namespace amr
