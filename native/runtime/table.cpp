#include "runtime/table.h"

namespace amr {

// Defined by runtime/table/table.cpp, compiled once per instruction set.
namespace scalar { extern const KernelTable table; }
namespace emulated16 { extern const KernelTable table; }
namespace avx2 { extern const KernelTable table; }
namespace avx512 { extern const KernelTable table; }
namespace neon { extern const KernelTable table; }

namespace {

std::vector<const KernelTable*> collect() {
  std::vector<const KernelTable*> tables;
#if defined(AMR_HAS_avx512)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
    tables.push_back(&avx512::table);
  }
#endif
#if defined(AMR_HAS_avx2)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
    tables.push_back(&avx2::table);
  }
#endif
#if defined(AMR_HAS_neon)
  tables.push_back(&neon::table);
#endif
  tables.push_back(&scalar::table);
  tables.push_back(&emulated16::table);
  return tables;
}

}  // namespace

const std::vector<const KernelTable*>& availableTables() {
  static const std::vector<const KernelTable*> tables = collect();
  return tables;
}

const KernelTable* findTable(const std::string& isa) {
  for (const KernelTable* table : availableTables()) {
    if (isa == table->isa) return table;
  }
  return nullptr;
}

}  // namespace amr
