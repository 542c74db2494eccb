#pragma once
#include <string>
#include <vector>

#include "allKernels.h"
#include "runtime/workers.h"

namespace amr {

/** All kernels compiled for one instruction set. */
struct KernelTable {
  const char* isa;
  int lanes;
  /** Smallest and largest of n values, n > 0: the scan behind every index check. */
  void (*intRange)(const std::int32_t* values, std::int64_t n, std::int32_t* smallest, std::int32_t* largest);
  /** Whether values[i] <= values[i + 1] for all i in [0, n - 1). */
  bool (*nondecreasing)(const std::int32_t* values, std::int64_t n);
#define AMR_KERNEL(function, Arguments) void (*function)(const Arguments& arguments, const Workers& workers);
#include "kernels.def"
#undef AMR_KERNEL
};

/** Tables this build has and this processor can run, best first; the plain ones ("scalar", "emulated16") are last. */
const std::vector<const KernelTable*>& availableTables();

/** The table named `isa`, or null when it is unknown or the processor lacks the instructions. */
const KernelTable* findTable(const std::string& isa);

}  // namespace amr
