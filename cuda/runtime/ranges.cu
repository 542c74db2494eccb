// NVTX by dlopen: two functions of its stable C interface. Linked, an addon would not load where there is no NVTX.
#include "runtime/ranges.h"

#if defined(__unix__)
#include <dlfcn.h>
#endif

namespace amr::cuda {
namespace {

int (*push)(const char* name) = nullptr;
int (*pop)() = nullptr;

}  // namespace

void Range::open(const std::vector<std::string>& libraries) {
  push = nullptr;
#if defined(__unix__)
  for (const std::string& library : libraries) {
    void* const loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (loaded == nullptr) continue;
    push = reinterpret_cast<decltype(push)>(dlsym(loaded, "nvtxRangePushA"));
    pop = reinterpret_cast<decltype(pop)>(dlsym(loaded, "nvtxRangePop"));
    if (push != nullptr && pop != nullptr) return;
    push = nullptr;
  }
#else
  static_cast<void>(libraries);
#endif
}

Range::Range(const char* name) {
  if (push == nullptr) return;
  push(name);
  end_ = pop;
}

Range::~Range() {
  if (end_ != nullptr) end_();
}

}  // namespace amr::cuda
