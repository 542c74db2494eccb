// Stands in for the driver's library (libcuda.so.1) and answers what the environment says, so that the real runtime library in the
// addon meets the drivers and machines that no test machine has. Only as far as opening a card gets on those: every function it does
// not have itself answers STUB_OTHER.
#include <dlfcn.h>

#include <cstdlib>
#include <string>

namespace {

int number(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

int answerOther() { return number("STUB_OTHER", 999); }

}  // namespace

extern "C" {

int cuInit(unsigned) { return number("STUB_INIT", 0); }
int cuDriverGetVersion(int* version) {
  *version = number("STUB_VERSION", 99000);
  return 0;
}
int cuDeviceGetCount(int* count) {
  *count = number("STUB_COUNT", 0);
  return 0;
}

/** How the runtime library asks for every function, this one included. */
int cuGetProcAddress_v2(const char* symbol, void** function, int, unsigned long, int* status) {
  Dl_info own;
  dladdr(reinterpret_cast<void*>(&cuGetProcAddress_v2), &own);
  const std::string name = std::string(symbol) == "cuGetProcAddress" ? "cuGetProcAddress_v2" : symbol;
  void* found = dlsym(dlopen(own.dli_fname, RTLD_LAZY), name.c_str());
  *function = found != nullptr ? found : reinterpret_cast<void*>(&answerOther);
  if (status != nullptr) *status = 0;
  return 0;
}
int cuGetProcAddress(const char* symbol, void** function, int version, unsigned long flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}

}
