#pragma once

#if defined(__unix__)
#include <dlfcn.h>
#endif

namespace amr::cuda {

/** A library by name or path, which then stays loaded; null where there is none. */
inline void* loadLibrary(const char* name) {
#if defined(__unix__)
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
#else
  static_cast<void>(name);
  return nullptr;
#endif
}

/** Whether the library has the function. */
template <class Function>
bool findFunction(void* library, const char* name, Function& function) {
#if defined(__unix__)
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
#else
  static_cast<void>(library), static_cast<void>(name), static_cast<void>(function);
  return false;
#endif
}

}  // namespace amr::cuda
