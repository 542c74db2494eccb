// Compiled once per instruction set: the table of this set's kernels.
#include "runtime/table.h"

#include "simd/simd.h"

#define AMR_TEXT_OF(token) #token
#define AMR_TEXT(token) AMR_TEXT_OF(token)

namespace amr::AMR_ISA {

#define AMR_KERNEL(function, Arguments) void function(const Arguments& arguments, const Workers& workers);
#include "kernels.def"
#undef AMR_KERNEL

void intRange(const std::int32_t* values, std::int64_t n, std::int32_t* smallest, std::int32_t* largest);
bool nondecreasing(const std::int32_t* values, std::int64_t n);

extern const KernelTable table;
const KernelTable table = {
    AMR_TEXT(AMR_ISA), lanes, intRange, nondecreasing,
#define AMR_KERNEL(function, Arguments) function,
#include "kernels.def"
#undef AMR_KERNEL
};

}  // namespace amr::AMR_ISA
