// NVTX by dlopen: two functions of its stable C interface. Linked, an addon would not load where there is no NVTX.
#include "runtime/ranges.h"

#include "runtime/library.h"

namespace amr::cuda {
namespace {

int (*push)(const char* name) = nullptr;
int (*pop)() = nullptr;

}  // namespace

void Range::open(const std::vector<std::string>& libraries) {
  push = nullptr;
  for (const std::string& library : libraries) {
    void* const loaded = loadLibrary(library.c_str());
    if (loaded == nullptr) continue;
    if (findFunction(loaded, "nvtxRangePushA", push) && findFunction(loaded, "nvtxRangePop", pop)) return;
    push = nullptr;
  }
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
